/**
 * Where the time goes in the lanes that miss their target, and what was tried. It was found by removing parts of the relay and measuring
 * again, so it is written by hand, and printed only while the lane still misses. Update it with the code.
 */

/** What every relay needs that counts, limits and meters. */
const FLOOR_IS = `Measured beside raw, as the floor: a Worker that asks one object for leave, with the settlement before it in the same call,
reads the body whole, pipes the answer through an \`IdentityTransformStream\` and reads a copy of it, and looks at none of it`;

/** By the name of the lane. */
export const FINDINGS: ReadonlyMap<string, string> = new Map([
  [
    "300 events, c1",
    `${FLOOR_IS}. It costs 1.66× (1.63–1.69, 6 alternations), of which the copy is 0.34 and the pipe 0.16. So the target leaves some
0.14 of raw's cost for all that a relay decides, and the constant cost of a request (see 50 events) is far more. Without the copy nobody could
meter an answer, and without the pipe a hang-up would go unseen.`,
  ],
  [
    "1 MB body, 50 events, c1",
    `The floor of such a relay (see 300 events) costs 1.63× (6 alternations): without the copy and the pipe 1.45×, and with the body
streamed through unread besides 1.20×. Raw cost 1.66 ms for this request when it was taken apart, so the target leaves the relay 1.7 ms more, and what it
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
    "Responses, 300 events, c1",
    `Most of what it costs more than raw is the constant cost of a request (see 50 events): beside a stream of 50, each event adds
some 2 to 6 µs to the difference. Taken out, in 6 alternations: keeping the last bytes for an error event, as a string
then, 6% of the relay's CPU, and telling the Worker that a settlement which rode along is stored, 5%, both within the
noise; the second is done once for each write of the gate now, not for each request (see 50 events). The bytes are a number now; with
fewer timers, and closures that are not named again each time they are made, the relay's CPU is 2% less (22 alternations).`,
  ],
  [
    "50 events, c1",
    `The floor of such a relay (see 300 events) costs 1.73× (18 alternations): without the copy 1.5×, and without the pipe besides 1.3×.
Taken out of the relay, in 10 alternations, in parts of its CPU (each ±3%): the writes to D1 12%, the prelude's look behind the first event
9%, telling the Worker that a settlement which rode along is stored 6%, the meter 5%, timers 4%, the wait of a settlement for company 4%, the
headers that tell the limits 3%. SQLite unpacked each booked request some hundred times (212 µs), and does it once for each statement
now (44 µs). The Worker is told once for each write of a gate. Both together are 7% (5–9%, 14 alternations). Earlier, what was taken out and measured, 6 alternations on a noisy machine, in parts of the relay's CPU: all of the stream
(no prelude, no copy, no meter, the answer handed on as it came) 23%; the prelude's look at the first events 6%; the wait
of a settlement for company and the headers that tell the limits 4% and 2%, both within the noise. What a profile of the
same answer, eight at a time, found in excess is gone: timers, names given to closures again each time they are
made, and several passes over headers. All this together is 2 to 3% (22 alternations).`,
  ],
  [
    "50 events, c8",
    `The floor of such a relay (see 300 events) costs 1.88× (6 alternations). What was made cheaper (see 50 events, c1) is 10% here (7–12%, 14
alternations). Before that: the constant cost of a request, against an answer so short that raw has little to do. In samples of the whole process:
calls of methods of the gate with what they start there 16%, system calls 14%, garbage collection 5%, headers 5%, the
copy for the meter 3%, SQLite 3%. In a profile of the Worker's JavaScript, of 2.7 ms in all with the profiler's own cost:
the prelude's look at the first events 0.33 ms, reading the copy 0.30 ms with the meter, the call of the gate 0.12 ms,
garbage 0.13 ms; timers were 0.14 ms, forwarding headers 0.08 ms, naming closures 0.07 ms and looking for an outbox's pages
0.04 ms before they were made fewer. Taken out, in 6 alternations: all of the stream 25%, the prelude's look 7%.
A settlement that waits for company had an invocation and a timer of its own for ten seconds, hundreds of them at once; one invocation keeps watch
for all of a key now, which is 8% (±2%, 5 alternations). Tried without gain: one timer for the wait and the hold of a try (16 alternations),
flushes of 64 entries, saving without a timer, \`fetch\` to the gate in place of a method call; one buffer for
the reads of all copies (7 alternations, within the noise).`,
  ],
]);

export const NOT_TAKEN_APART = "Not taken apart yet: the figures above are all that is known.";

/** Measured in a separate run, with the Worker of an older tree beside raw and today's. */
export const ANOTHER_PROCESSOR = `## Another processor

The targets were set on an AMD EPYC. The tree of 26 November (1f1036d) came to 1.74× there for 300 events at one client, 1.97× and 2.26× for 50
events at one and at eight, and 2.06× for a body of 1 MB. Beside raw in one run on an Intel Xeon, 5 or 6 alternations each, the same tree comes
to 2.43×, 3.24×, 4.36× and 3.04×: raw gains more from that processor than the relay does. The tree of 27 November, in that same
run, costs 0.93, 0.89, 0.93 and 0.92 of what the older one does.

Nor are all EPYCs alike. On a later one (family 26), on which this page was measured last, the tree of 26 November comes to 2.56× and 3.55× for 50
events and 2.61× for 1 MB, and that of the morning of 27 November costs 0.89 (±0.05), 1.02 (±0.03) and 0.90 (±0.05) of it (6 alternations).

Likewise the tree of 21 November (c009c99), from before translation, sign-in accounts and all that came with them: 1.53×, 2.18× and 2.50× on the
EPYC for 300 events, 50 events and a body of 1 MB at one client; 1.99×, 2.83× and 2.62× on the Xeon, where the tree of 27 November costs
1.04 (±0.01), 1.05 (±0.02) and 1.00 (±0.02) of it (5 alternations).`;
