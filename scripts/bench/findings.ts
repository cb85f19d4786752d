/**
 * Where the time goes in the lanes that miss their target, and what was tried: found by taking parts of the relay out
 * and measuring again, so it is written by hand and printed only while the lane still misses. Update it with the code.
 */

/** By the name of the lane. */
export const FINDINGS: ReadonlyMap<string, string> = new Map([
  [
    "1 MB body, 50 events, c1",
    `Raw cost 1.66 ms for this request when it was taken apart, so the target leaves the relay 1.0 ms, and what it does for any request, however
short, is already about 1.1 ms. The body adds 0.4 ms for the scan that finds its members (1.15 ms before it went word by
word), and about 0.15 ms for reading it into one buffer and sending that on. Tried without gain: reading into one exact
buffer, using one buffer again for the next request. Rejected: looking at the beginning and streaming the rest through
unread, because a repeated \`model\` member further behind would then pass a key's model rules unseen.`,
  ],
  [
    "50 events, c8",
    `The constant cost of a request again, against an answer so short that raw has little to do: the gate's write 0.2 ms,
the flush to D1 0.1 ms, the two calls to the gate at least 0.1 ms, the stream 0.4 ms. Tried without gain: flushes of 64
entries, saving without a timer, \`fetch\` to the gate in place of a method call.`,
  ],
]);

export const NOT_TAKEN_APART = "Not taken apart yet: the figures above are all that is known.";
