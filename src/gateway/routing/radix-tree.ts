/**
 * Values under prefixes, in a tree of shared beginnings: a lookup costs as much as the key is long,
 * however many prefixes there are.
 */
type Node<T> = {
  label: string;
  value: T | undefined;
  children: Map<number, Node<T>> | undefined;
};

export class RadixTree<T> {
  private readonly root: Node<T> = { label: "", value: undefined, children: undefined };

  get isEmpty(): boolean {
    return this.root.value === undefined && this.root.children === undefined;
  }

  get(prefix: string): T | undefined {
    let node: Node<T> | undefined = this.root;
    let at = 0;
    while (node !== undefined && at < prefix.length) {
      node = node.children?.get(prefix.charCodeAt(at));
      if (node === undefined || !prefix.startsWith(node.label, at)) return undefined;
      at += node.label.length;
    }
    return node?.value;
  }

  set(prefix: string, value: T): void {
    let node = this.root;
    let at = 0;
    while (at < prefix.length) {
      node.children ??= new Map();
      const code = prefix.charCodeAt(at);
      const child = node.children.get(code);
      if (child === undefined) {
        const leaf: Node<T> = { label: prefix.slice(at), value, children: undefined };
        node.children.set(code, leaf);
        return;
      }
      const shared = sharedLength(child.label, prefix, at);
      node = shared < child.label.length ? split(node.children, child, shared) : child;
      at += shared;
    }
    node.value = value;
  }

  delete(prefix: string): void {
    this.remove(this.root, prefix, 0);
  }

  /** The first answer for a prefix of the key, longest prefix first; undefined goes on. */
  findLongest<R>(key: string, visit: (value: T) => R | undefined): R | undefined {
    const found: T[] = [];
    let node = this.root;
    let at = 0;
    for (;;) {
      if (node.value !== undefined) found.push(node.value);
      if (at >= key.length) break;
      const child = node.children?.get(key.charCodeAt(at));
      if (child === undefined || !continues(key, child.label, at)) break;
      at += child.label.length;
      node = child;
    }
    for (let index = found.length - 1; index >= 0; index--) {
      const result = visit(found[index] as T);
      if (result !== undefined) return result;
    }
    return undefined;
  }

  /** Returns whether the node is empty now and can go. */
  private remove(node: Node<T>, prefix: string, at: number): boolean {
    if (at === prefix.length) {
      node.value = undefined;
    } else {
      const code = prefix.charCodeAt(at);
      const child = node.children?.get(code);
      if (child === undefined || !prefix.startsWith(child.label, at)) return false;
      if (this.remove(child, prefix, at + child.label.length)) node.children?.delete(code);
      if (node.children?.size === 0) node.children = undefined;
    }
    return node.value === undefined && node.children === undefined;
  }
}

/** Whether the label stands in the key; its first character is known to. */
function continues(key: string, label: string, at: number): boolean {
  if (at + label.length > key.length) return false;
  for (let index = 1; index < label.length; index++) {
    if (key.charCodeAt(at + index) !== label.charCodeAt(index)) return false;
  }
  return true;
}

function sharedLength(label: string, prefix: string, at: number): number {
  let length = 1;
  while (length < label.length && label.charCodeAt(length) === prefix.charCodeAt(at + length)) {
    length++;
  }
  return length;
}

/** Puts a node for the shared beginning above the child; returns it. */
function split<T>(siblings: Map<number, Node<T>>, child: Node<T>, shared: number): Node<T> {
  const upper: Node<T> = {
    label: child.label.slice(0, shared),
    value: undefined,
    children: new Map([[child.label.charCodeAt(shared), child]]),
  };
  child.label = child.label.slice(shared);
  siblings.set(upper.label.charCodeAt(0), upper);
  return upper;
}
