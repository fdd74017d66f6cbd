import { GatewayError } from '#gateway/pipeline/errors.ts';

/** The error that a call is refused with, as clients see it; undefined where it is not refused. */
export function refusalOf(call: () => unknown): Readonly<Record<string, unknown>> | undefined {
  try {
    call();
    return undefined;
  } catch (error) {
    if (error instanceof GatewayError) {
      return { message: error.message, ...error.errors[0]?.extensions };
    }
    throw error;
  }
}
