import type { Construct } from 'constructs';
import { checkCidrs } from '../validation/cidrs';
import type { Problems } from '../validation/problems';

/**
 * Who may open Atlantis's own web pages: the locks, and the logs of running jobs. The server itself asks nobody who he is, so whoever
 * reaches these pages may remove locks. `/api/*`, `/metrics` and `/debug/pprof` are opened by none of these choices.
 */
export abstract class WebAccess {
  /** Nobody: every path but the webhook's and the health check's is answered with 403. */
  public static closed(): WebAccess {
    return new Closed();
  }

  /**
   * Clients in these IPv4 ranges.
   *
   * @param cidrs such as `203.0.113.0/24`
   */
  public static cidrs(cidrs: string[]): WebAccess {
    return new Ranges(cidrs);
  }

  /** @internal */
  public abstract _validate(scope: Construct, problems: Problems): void;

  /**
   * Ranges that may open the web pages; none means that nobody may.
   *
   * @internal
   */
  public abstract _cidrs(): readonly string[];
}

class Closed extends WebAccess {
  public _validate(): void {}

  public _cidrs(): readonly string[] {
    return [];
  }
}

class Ranges extends WebAccess {
  constructor(private readonly ranges: readonly string[]) {
    super();
  }

  public _validate(scope: Construct, problems: Problems): void {
    checkCidrs(scope, 'ingress.ui', this.ranges, problems);
  }

  public _cidrs(): readonly string[] {
    return this.ranges;
  }
}
