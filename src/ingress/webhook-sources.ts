import type { Construct } from 'constructs';
import { checkCidrs } from '../validation/cidrs';
import type { Problems } from '../validation/problems';

/**
 * Where webhooks may come from. What protects the server is their signature: a range only keeps noise away, and it grows stale when the
 * forge moves.
 *
 * @see https://www.runatlantis.io/docs/security.html
 */
export abstract class WebhookSources {
  /** Everywhere. */
  public static anywhere(): WebhookSources {
    return new Anywhere();
  }

  /**
   * Clients in these IPv4 ranges.
   *
   * @param cidrs such as `203.0.113.0/24`
   */
  public static cidrs(cidrs: string[]): WebhookSources {
    return new Ranges(cidrs);
  }

  /** @internal */
  public abstract _validate(scope: Construct, problems: Problems): void;

  /**
   * Ranges that may send webhooks; undefined means everybody.
   *
   * @internal
   */
  public abstract _cidrs(): readonly string[] | undefined;
}

class Anywhere extends WebhookSources {
  public _validate(): void {}

  public _cidrs(): undefined {
    return undefined;
  }
}

class Ranges extends WebhookSources {
  constructor(private readonly ranges: readonly string[]) {
    super();
  }

  public _validate(scope: Construct, problems: Problems): void {
    checkCidrs(scope, 'ingress.sources', this.ranges, problems);
  }

  public _cidrs(): readonly string[] {
    return this.ranges;
  }
}
