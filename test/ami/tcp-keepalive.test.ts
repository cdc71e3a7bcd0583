import { Duration, Lazy, Token } from 'aws-cdk-lib';
import { ImageLevel, TcpKeepalive } from '../../src';
import { filesOfLevel, refusalOfLevel } from './levels';

const CONFIG = '/etc/sysctl.d/99-zz-cdk-atlantis.conf';

function keepaliveOf(tcpKeepalive?: TcpKeepalive): string[] {
  return filesOfLevel(ImageLevel.common({ tcpKeepalive }))
    [CONFIG].split('\n')
    .filter((line) => line.includes('keepalive'));
}

describe('TCP keepalive', () => {
  test('the standard notices a lost connection after two minutes', () => {
    expect(keepaliveOf(TcpKeepalive.standard())).toEqual([
      'net.ipv4.tcp_keepalive_time = 60',
      'net.ipv4.tcp_keepalive_intvl = 10',
      'net.ipv4.tcp_keepalive_probes = 6',
    ]);
  });

  test('for Aurora it notices within seconds', () => {
    expect(keepaliveOf(TcpKeepalive.aurora())).toEqual([
      'net.ipv4.tcp_keepalive_time = 1',
      'net.ipv4.tcp_keepalive_intvl = 1',
      'net.ipv4.tcp_keepalive_probes = 5',
    ]);
  });

  test("values of one's own are taken", () => {
    expect(keepaliveOf(TcpKeepalive.of({ time: Duration.minutes(5), interval: Duration.seconds(30), probes: 3 }))).toEqual([
      'net.ipv4.tcp_keepalive_time = 300',
      'net.ipv4.tcp_keepalive_intvl = 30',
      'net.ipv4.tcp_keepalive_probes = 3',
    ]);
  });

  const refusal = (props: { time?: Duration; interval?: Duration; probes?: number }) =>
    refusalOfLevel(
      ImageLevel.common({
        tcpKeepalive: TcpKeepalive.of({ time: Duration.seconds(60), interval: Duration.seconds(10), probes: 6, ...props }),
      }),
    );

  test.each([
    [Duration.seconds(0), '0 seconds'],
    [Duration.millis(1500), '1.5 seconds'],
    [Duration.seconds(32_768), '32768 seconds'],
    [Duration.seconds(Token.asNumber({ Ref: 'Seconds' })), 'a duration that only the deployment knows'],
  ])('a time that the kernel does not take is refused (%#)', (time, got) => {
    expect(refusal({ time })).toBe(`[Level] common.tcpKeepalive.time: got ${got}; give whole seconds, 1 to 32767`);
    expect(refusal({ interval: time })).toBe(`[Level] common.tcpKeepalive.interval: got ${got}; give whole seconds, 1 to 32767`);
  });

  test.each([
    [0, '0'],
    [1.5, '1.5'],
    [128, '128'],
    [Lazy.number({ produce: () => 5 }), 'a number that only the deployment knows'],
  ])('a number of probes that the kernel does not take is refused (%#)', (probes, got) => {
    expect(refusal({ probes })).toBe(`[Level] common.tcpKeepalive.probes: got ${got}; give a whole number of probes, 1 to 127`);
  });
});
