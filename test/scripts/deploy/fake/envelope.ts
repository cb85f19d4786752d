/** Cloudflare's envelope: every answer of the API, good or bad, is one of these. */
export interface Answer {
  status: number;
  body: unknown;
  headers?: Record<string, string>;
}

export function success(result: unknown, info?: { page: number; per_page: number; total_count: number }): Answer {
  return {
    status: 200,
    body: {
      success: true,
      errors: [],
      messages: [],
      result,
      ...(info && { result_info: { ...info, count: info.total_count } }),
    },
  };
}

export function failure(status: number, code: number, message: string, headers?: Record<string, string>): Answer {
  return {
    status,
    body: { success: false, errors: [{ code, message }], messages: [], result: null },
    ...(headers && { headers }),
  };
}

export const workerNotFound = () => failure(404, 10007, "This Worker does not exist on your account.");
