/** Ports of loopback: whether one is available, and any free one. Nothing here stays open. */
import { createServer } from "node:net";

/** Why `port` cannot be used, in one line, or null when it can. */
export async function portRefusal(port: number): Promise<string | null> {
  const code = await listenOnce(port).then(
    () => null,
    (error: NodeJS.ErrnoException) => error.code ?? error.message,
  );
  if (code === null) return null;
  if (code === "EADDRINUSE")
    return `Port ${port} is already in use. Choose another one: PORT=${(port % 65_535) + 1} npm start`;
  if (code === "EACCES")
    return `Port ${port} needs more rights than this user has. Choose another one: PORT=8787 npm start`;
  return `Port ${port} cannot be used (${code}).`;
}

export function freePort(): Promise<number> {
  return listenOnce(0);
}

/** Listens and stops, and returns the port. Rejects with the system's error. */
function listenOnce(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen({ port, host: "127.0.0.1", exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : port));
    });
  });
}
