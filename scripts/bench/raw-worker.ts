/**
 * The baseline for the relay: the least that a Worker in front of a provider can do. It changes only the host: no key, no limit, no
 * metering.
 */
interface RawEnv {
  /** The fake provider's origin. */
  UPSTREAM: string;
}

export default {
  fetch(request, env) {
    const { pathname, search } = new URL(request.url);
    return fetch(`${env.UPSTREAM}${pathname}${search}`, request);
  },
} satisfies ExportedHandler<RawEnv>;
