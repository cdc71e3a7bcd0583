import { App, CfnParameter, Lazy, Stack } from 'aws-cdk-lib';
import { checkCidrs } from '../../src/validation/cidrs';
import { Problems } from '../../src/validation/problems';

function check(cidrs: string[]): void {
  const problems = new Problems();
  checkCidrs(new Stack(new App(), 'Stack'), 'ranges', cidrs, problems);
  problems.throwIfAny();
}

describe('ranges of addresses', () => {
  test.each(['0.0.0.0/0', '203.0.113.0/24', '255.255.255.255/32', '10.0.0.0/8'])('%s is accepted', (cidr) => {
    expect(() => check([cidr])).not.toThrow();
  });

  test.each(['203.0.113.0', '203.0.113/24', '203.0.113.256/24', '203.0.113.0/33', 'localhost', '', '2001:db8::/32', ' 203.0.113.0/24'])(
    '"%s" is refused, since the load balancer has IPv4 addresses only',
    (cidr) => {
      expect(() => check([cidr])).toThrow(
        new Error(`[Stack] ranges: got "${cidr}"; give an IPv4 range in CIDR form, such as 203.0.113.0/24`),
      );
    },
  );

  test.each([
    ['10.1.2.3/8', '10.0.0.0/8'],
    ['203.0.113.130/25', '203.0.113.128/25'],
    ['172.16.5.0/20', '172.16.0.0/20'],
    ['1.2.3.4/0', '0.0.0.0/0'],
  ])('%s is refused, since it is an address in a range and not the range', (cidr, range) => {
    expect(() => check([cidr])).toThrow(
      new Error(`[Stack] ranges: got "${cidr}", which is one address in the range ${range}; give the range`),
    );
  });

  test('a list that only the deployment knows is refused', () => {
    const parameter = new CfnParameter(new Stack(new App(), 'Other'), 'Ranges', { type: 'CommaDelimitedList' });
    expect(() => check(parameter.valueAsList)).toThrow(
      new Error('[Stack] ranges: got a list that only the deployment knows, and each range makes a rule at synth; write the ranges out'),
    );
  });

  test('an empty list is refused', () => {
    expect(() => check([])).toThrow(new Error('[Stack] ranges: got no range; give at least one, such as 203.0.113.0/24'));
  });

  test('each wrong range of a list is named', () => {
    expect(() => check(['a', '10.0.0.0/8', 'b'])).toThrow(/^2 problems:\n.*got "a";.*\n.*got "b";/);
  });

  test('a value that only the deployment knows passes', () => {
    const parameter = new CfnParameter(new Stack(new App(), 'Other'), 'Range');
    expect(() => check([parameter.valueAsString, Lazy.string({ produce: () => 'x' })])).not.toThrow();
  });
});
