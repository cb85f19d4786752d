/** The password of the relay that the tests at the front door share. */
export const ADMIN_PASSWORD = "front-door-password";
