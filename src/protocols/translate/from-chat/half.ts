/** Clients of Chat Completions on upstreams of another format. */
import type { ClientHalf } from "../halves.ts";
import { chatAnswer } from "./answer.ts";
import { readChat } from "./request.ts";

export const FROM_CHAT: ClientHalf = {
  read: (body, asked) => {
    const read = readChat(body, asked);
    if (!read.ok) return read;
    const { hub, dropped, wants } = read.value;
    return { ok: true, value: { hub, dropped, answer: chatAnswer(asked, wants) } };
  },
};
