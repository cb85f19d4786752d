/**
 * Where the time goes in the lanes that miss their target, and what was tried: found by taking parts of the relay out
 * and measuring again, so it is written by hand and printed only while the lane still misses. Update it with the code.
 */

/** By the name of the lane. */
export const FINDINGS: ReadonlyMap<string, string> = new Map([
  [
    "1 MB body, 50 events, c1",
    `Raw cost 1.66 ms for this request when it was taken apart, so the target leaves the relay 1.7 ms more, and what it
does for any request, however short, is already about 1.1 ms. In a profile of the relay's process the scan, which
finds the members and sees what the request asks for, is 7% of all samples. It takes a third less time than when it
searched four bytes at a time and told of every string (0.55 ms in place of 0.83 ms, interleaved in one process of a
busy machine). The buffers of the body are 6%, and are the platform's: it reads into pieces, joins them in zeroed
memory, and copies what a request is made with. Tried without gain: reading into one exact buffer (\`readAtLeast\`),
using one buffer again for the next request, sending on through a \`FixedLengthStream\` or as a \`Blob\`; searching
sixteen bytes at a time, and a first pass that lists the words with quotes. Rejected: looking at the beginning and
streaming the rest through unread, because a repeated \`model\` member further behind would then pass a key's model
rules unseen.`,
  ],
  [
    "50 events, c8",
    `Taken apart on an earlier tree, and not since. The constant cost of a request, against an answer so short that raw has little
to do: the gate's write 0.2 ms (a
grant does not wait for it, but it is counted), the flush to D1 0.1 ms, the two calls to the gate at least 0.1 ms, the
stream 0.4 ms. Tried without gain: flushes of 64 entries, saving without a timer, \`fetch\` to the gate in place of a
method call.`,
  ],
]);

export const NOT_TAKEN_APART = "Not taken apart yet: the figures above are all that is known.";
