/** What requests meet on their way, in the API. */
import type { Purpose, Reach } from "../../providers/reach.ts";
import type { EgressView } from "../accounts/egress-fields.ts";

export interface EgressPlaceView {
  /** The provider's host. With a gateway, the request went to the gateway's host. */
  host: string;
  purpose: Purpose;
  egress: EgressView;
  /** How many accounts ask there in this way. */
  accounts: number;
  reach: Reach;
  condition: string | null;
  /** The status of the answer; 0: no answer. */
  status: number;
  /** Cloudflare's data centre that took the request, according to the answer; null if it names none. */
  colo: string | null;
  ms: number;
  explanation: string;
  /** What to do; null if nothing needs to be done. */
  advice: string | null;
}

export interface EgressReportView {
  items: EgressPlaceView[];
  /** How many places there are beyond those that one call asks. */
  left_out: number;
}
