/** Throws on a Node.js that lacks what the seam uses, before anything else of it is loaded. */
const { node } = process.versions;
if (Number.parseInt(node, 10) < 22)
  throw new Error(`@tearline/seam: expected Node.js 22 or newer, got ${node}. Install a newer Node.js.`);
