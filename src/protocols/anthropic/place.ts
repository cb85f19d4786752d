/** What the place of inference costs, in thousandths: what stays in the United States a tenth more (data residency). */
export const DEAREST_PLACE_MILLI = 1_100;
