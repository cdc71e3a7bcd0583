import { type Size, SizeRoundingBehavior, Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Problems } from '../../../validation/problems';
import type { CommonLevelOptions } from '../../common-level-options';
import { OWN_REQUIREMENTS, packageOf } from './common-python';

/** Debian and Ubuntu take these; Amazon Linux takes capital letters too. */
const PACKAGE = /^[A-Za-z0-9][A-Za-z0-9.+_-]*$/;

const REQUIREMENT = /^[A-Za-z0-9][\w.-]*(\[[\w,.-]+\])?==[\w.!+-]+( --hash=sha256:[0-9a-f]{64})+$/;

/** The values become lines of files and words of commands, so they have to be known now, and to be of one line. */
export function checkOptions(scope: Construct, options: Required<CommonLevelOptions>, problems: Problems): void {
  options.tcpKeepalive._validate(scope, 'common.tcpKeepalive', problems);
  checkNumber(scope, 'openFilesOfMachine', options.openFilesOfMachine, [8192, Number.MAX_SAFE_INTEGER], problems);
  checkNumber(scope, 'openFilesOfProcess', options.openFilesOfProcess, [1024, 1_048_576], problems);
  // below are the numbers that systems give away by themselves, and 65534 is nobody's
  checkNumber(scope, 'runUserId', options.runUserId, [1000, 60_000], problems);
  if (Token.isUnresolved(options.runUser) || !/^[a-z_][a-z0-9_-]{0,31}$/.test(options.runUser)) {
    problems.add(scope, 'common.runUser', `got "${options.runUser}"; start with a small letter, then small letters, digits and dashes`);
  }
  for (const [name, value] of Object.entries(options.kernelSettings)) checkSetting(scope, name, value, problems);
  for (const name of options.packages) {
    if (!Token.isUnresolved(name) && PACKAGE.test(name)) continue;
    problems.add(scope, 'common.packages', `got "${name}"; give the name of a package, without a version`);
  }
  checkRequirements(scope, options.pythonRequirements, problems);
  checkJournal(scope, options.journalSize, problems);
}

function checkJournal(scope: Construct, size: Size, problems: Problems): void {
  const mebibytes = size.isUnresolved() ? Number.NaN : size.toMebibytes({ rounding: SizeRoundingBehavior.FLOOR });
  if (mebibytes >= 16) return;
  const got = size.isUnresolved() ? 'a size that only the deployment knows' : `${mebibytes} MiB`;
  problems.add(scope, 'common.journalSize', `got ${got}; give 16 MiB or more, of which systemd makes files`);
}

function checkNumber(scope: Construct, property: string, value: number, [from, to]: [number, number], problems: Problems): void {
  if (!Token.isUnresolved(value) && Number.isInteger(value) && value >= from && value <= to) return;
  const got = Token.isUnresolved(value) ? 'a number that only the deployment knows' : String(value);
  problems.add(scope, `common.${property}`, `got ${got}; give a whole number from ${from} to ${to}`);
}

function checkSetting(scope: Construct, name: string, value: string, problems: Problems): void {
  if (!/^[a-z0-9_]+(\.[A-Za-z0-9_-]+)+$/.test(name)) {
    problems.add(scope, 'common.kernelSettings', `got the name "${name}"; give it with dots, such as vm.swappiness`);
  }
  if (Token.isUnresolved(value) || !/^\S+( \S+)*$/.test(value)) {
    problems.add(scope, 'common.kernelSettings', `got "${value}" for ${name}; give a value of one line, known at synth`);
  }
}

function checkRequirements(scope: Construct, requirements: readonly string[], problems: Problems): void {
  const own = new Set(OWN_REQUIREMENTS.map(packageOf));
  for (const line of requirements) {
    if (Token.isUnresolved(line) || !REQUIREMENT.test(line)) {
      problems.add(
        scope,
        'common.pythonRequirements',
        `got "${line}"; give a name, a version and its hashes, such as six==1.17.0 --hash=sha256: with 64 digits`,
      );
    } else if (own.has(packageOf(line))) {
      problems.add(scope, 'common.pythonRequirements', `has ${packageOf(line)}, which this level installs already; leave it out`);
    }
  }
}
