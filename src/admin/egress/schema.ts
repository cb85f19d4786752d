/** The shape of what requests meet on their way, at the API's edge. */
import type { Purpose, Reach } from "../../providers/reach.ts";
import type { EgressView } from "../accounts/egress-fields.ts";

export interface EgressPlaceView {
  /** Of the provider. With a gateway the request went to the gateway's host. */
  host: string;
  purpose: Purpose;
  egress: EgressView;
  /** How many accounts ask there in this way. */
  accounts: number;
  reach: Reach;
  condition: string | null;
  /** What was answered; 0: nothing. */
  status: number;
  /** Cloudflare's data centre that took the request, as the answer says; null where it says none. */
  colo: string | null;
  ms: number;
  explanation: string;
  /** What to do; null where nothing needs to be done. */
  advice: string | null;
}

export interface EgressReportView {
  items: EgressPlaceView[];
  /** Places beyond what one call asks. */
  left_out: number;
}
