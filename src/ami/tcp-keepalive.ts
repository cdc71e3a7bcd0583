import { Duration, Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Problems } from '../validation/problems';

/** When a silent TCP connection is given up. */
export interface TcpKeepaliveProps {
  /** How long a connection is silent before it is probed, in whole seconds: `net.ipv4.tcp_keepalive_time`. */
  readonly time: Duration;

  /** How long it is until the next probe, in whole seconds: `net.ipv4.tcp_keepalive_intvl`. */
  readonly interval: Duration;

  /** How many probes may stay without an answer: `net.ipv4.tcp_keepalive_probes`. */
  readonly probes: number;
}

/** The kernel's own limits. */
const LONGEST_SECONDS = 32_767;
const MOST_PROBES = 127;

/**
 * How soon the machine notices that the other end of a TCP connection is gone. It concerns connections whose program asked for keepalive
 * (`SO_KEEPALIVE`), as drivers of databases and Go's HTTP client do.
 *
 * @see https://docs.kernel.org/networking/ip-sysctl.html
 */
export class TcpKeepalive {
  /** Probes after 60 seconds, then each 10, 6 of them: a lost connection is noticed after two minutes, where Linux takes two hours. */
  public static standard(): TcpKeepalive {
    return new TcpKeepalive({ time: Duration.seconds(60), interval: Duration.seconds(10), probes: 6 });
  }

  /**
   * Probes after one second, then each second, 5 of them: what Amazon recommends for clients of Aurora, so that they notice a failover at
   * once.
   *
   * @see https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/AuroraPostgreSQL.BestPractices.FastFailover.html
   */
  public static aurora(): TcpKeepalive {
    return new TcpKeepalive({ time: Duration.seconds(1), interval: Duration.seconds(1), probes: 5 });
  }

  /** Values of your own: time and interval of 1 to 32767 seconds, and 1 to 127 probes. */
  public static of(props: TcpKeepaliveProps): TcpKeepalive {
    return new TcpKeepalive(props);
  }

  private constructor(private readonly props: TcpKeepaliveProps) {}

  /** @internal */
  public _validate(scope: Construct, property: string, problems: Problems): void {
    for (const name of ['time', 'interval'] as const) {
      const value = this.props[name];
      const seconds = value.isUnresolved() ? Number.NaN : value.toSeconds({ integral: false });
      if (!Number.isInteger(seconds) || seconds < 1 || seconds > LONGEST_SECONDS) {
        const got = value.isUnresolved() ? 'a duration that only the deployment knows' : `${seconds} seconds`;
        problems.add(scope, `${property}.${name}`, `got ${got}; give whole seconds, 1 to ${LONGEST_SECONDS}`);
      }
    }
    const { probes } = this.props;
    if (Token.isUnresolved(probes) || !Number.isInteger(probes) || probes < 1 || probes > MOST_PROBES) {
      const got = Token.isUnresolved(probes) ? 'a number that only the deployment knows' : String(probes);
      problems.add(scope, `${property}.probes`, `got ${got}; give a whole number of probes, 1 to ${MOST_PROBES}`);
    }
  }

  /**
   * The kernel's settings.
   *
   * @internal
   */
  public get _settings(): { readonly [name: string]: string } {
    const { time, interval, probes } = this.props;
    return {
      'net.ipv4.tcp_keepalive_time': String(time.toSeconds()),
      'net.ipv4.tcp_keepalive_intvl': String(interval.toSeconds()),
      'net.ipv4.tcp_keepalive_probes': String(probes),
    };
  }
}
