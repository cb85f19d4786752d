/**
 * Loaded into wrangler's processes: if the process that started them disappears (SIGKILL), they stop too, as on SIGTERM. Otherwise a killed
 * `npm start` would leave a Worker behind that holds the port.
 */
process.once("disconnect", () => process.kill(process.pid, "SIGTERM"));
// The listener alone would keep the process running.
process.channel?.unref();
