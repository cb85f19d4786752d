/** The price of the place of inference, in thousandths: inference that stays in the United States costs a tenth more (data residency). */
export const DEAREST_PLACE_MILLI = 1_100;
