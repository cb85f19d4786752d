export default {};
import { DurableObject } from "cloudflare:workers";
export class KeyGate extends DurableObject {}
