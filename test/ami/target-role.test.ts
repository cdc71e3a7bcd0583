import { Stack } from 'aws-cdk-lib';
import { Role } from 'aws-cdk-lib/aws-iam';
import type { TargetRole } from '../../src';
import { atlantisLevel, refusalOfLevel } from './atlantis-level';

const ROLE = 'arn:aws:iam::111122223333:role/terraform';

const role = Role.fromRoleArn(new Stack(), 'Role', ROLE);

const targetsOf = (...targetRoles: TargetRole[]) =>
  JSON.parse(atlantisLevel(() => ({ targetRoles })).fileAt('/etc/atlantis/targets.json') ?? '');
const refusalOf = (...targetRoles: TargetRole[]) => refusalOfLevel(() => ({ targetRoles }));

describe('TargetRole', () => {
  test('each role is named in a file of root', () => {
    expect(targetsOf({ name: 'production', role, externalId: 'acme', isDefault: true }, { name: 'staging', role })).toEqual({
      production: { roleArn: ROLE, externalId: 'acme', default: true },
      staging: { roleArn: ROLE },
    });
  });

  test('TargetRole.externalId left out: none is sent', () => {
    expect(targetsOf({ name: 'a', role }).a).not.toHaveProperty('externalId');
  });

  test('TargetRole.isDefault left out: Terraform has to name the profile', () => {
    expect(targetsOf({ name: 'a', role }).a).not.toHaveProperty('default');
  });

  test.each(['', 'a b', '-a', 'default', '../x', 'x'.repeat(65)])('the name "%s" is refused', (name) => {
    expect(refusalOf({ name, role })).toBe(
      `atlantis.targetRoles[0].name: got "${name}"; give 64 letters, digits, _ and - at most, and not "default"`,
    );
  });

  test('a name that is given twice is refused, and so are two defaults', () => {
    const roles = ['a', 'a'].map((name) => ({ name, role, isDefault: true }));
    expect(refusalOf(...roles)).toContain('atlantis.targetRoles[1].name: got "a" twice; give each role a name of its own');
    expect(refusalOf(...roles)).toContain('atlantis.targetRoles: got a and a as the default; let one role be it');
  });
});
