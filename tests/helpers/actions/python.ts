/** Python actions that all rings use. */
export const ECHO = "def main(args):\n    return args\n";
export const RAISES = "def main(args):\n    raise ValueError('boom')\n";
export const EXITS = "import sys\ndef main(args):\n    print('last words')\n    sys.exit(3)\n";
export const CHATTY = `
import sys
def main(args):
    print('out', args['n'])
    print('err', args['n'], file=sys.stderr)
    sys.stdout.write('no end')
    return args
`;
export const ENVIRONMENT = "import os\ndef main(args):\n    return dict(os.environ)\n";
export const ALLOCATES = `
def main(args):
    kept = []
    while True:
        kept.append(b'x' * (1 << 20))
`;
