/** The demo upstream over a socket, asked as a client of any format would ask it. */
import { type DemoServer, startDemo } from "../../../scripts/demo/server.ts";

export type Json = Record<string, unknown>;

export interface Demo {
  get: (path: string, headers?: Record<string, string>) => Promise<Response>;
  /** Sends `body` as JSON, or a string as it is. */
  post: (path: string, body: unknown, headers?: Record<string, string>) => Promise<Response>;
  close: DemoServer["close"];
}

export async function demoWith(credential: Record<string, string>): Promise<Demo> {
  const { port, close } = await startDemo(0, 0);
  const origin = `http://127.0.0.1:${port}`;
  return {
    close,
    get: (path, headers = credential) => fetch(`${origin}${path}`, { headers }),
    post: (path, body, headers = credential) =>
      fetch(`${origin}${path}`, {
        method: "POST",
        headers,
        body: typeof body === "string" ? body : JSON.stringify(body),
      }),
  };
}

/** The data of each event of a stream, as text. */
export async function dataOf(response: Response): Promise<string[]> {
  const events = (await response.text()).split(/\r?\n\r?\n/).filter((event) => event !== "");
  return events.map((event) => /^data: (.*)$/m.exec(event)?.[1] ?? "");
}
