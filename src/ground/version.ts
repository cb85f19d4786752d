/** The relay's version. A test holds it to the version in package.json. */
export const VERSION = "0.1.0";
