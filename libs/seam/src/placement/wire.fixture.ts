import { connect, createServer, type Socket } from 'node:net';

/** A TCP connection on its way through the wire. */
interface Strand {
  readonly near: Socket;
  readonly far: Socket;
  /** Bytes that came from the callee. */
  replied: number;
}

/**
 * A stretch of network between caller and callee that a test can cut, or clog.
 * @param record gets all bytes of both directions
 */
export async function openWire(address: string, record: (bytes: Buffer) => void = () => undefined) {
  const strands = new Set<Strand>();
  let clogAbove = Infinity;
  const [host, port] = address.split(':');
  const server = createServer((near) => {
    const far = connect(Number(port), host);
    const strand: Strand = { near, far, replied: 0 };
    strands.add(strand);
    for (const socket of [near, far])
      socket
        .on('error', () => undefined)
        .on('close', () => {
          strands.delete(strand);
          near.destroy();
          far.destroy();
        });
    near.on('data', record);
    near.pipe(far);
    far.on('data', (data) => {
      record(data);
      strand.replied += data.length;
      near.write(data);
      if (strand.replied > clogAbove) far.pause();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = () => {
    for (const { near, far } of strands) {
      near.destroy();
      far.destroy();
    }
  };
  return {
    address: `127.0.0.1:${(server.address() as { port: number }).port}`,
    /** Connections through it. */
    strands,
    cut,
    /** From now on a connection that has brought more than so many bytes brings no more. */
    clog: (bytes: number) => {
      clogAbove = bytes;
    },
    unclog: () => {
      clogAbove = Infinity;
      for (const { far } of strands) far.resume();
    },
    close: () => {
      server.close();
      cut();
    },
  };
}
