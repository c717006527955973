/** Small numbers for live containers, the lowest free one first: uids, folder names. */
export class Slots {
  readonly #taken: boolean[] = [];

  take(): number {
    const free = this.#taken.indexOf(false);
    const slot = free === -1 ? this.#taken.length : free;
    this.#taken[slot] = true;
    return slot;
  }

  give(slot: number): void {
    this.#taken[slot] = false;
  }
}
