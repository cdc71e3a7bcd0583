import { callerFor } from '../aws/access';
import { readManifest } from '../manifest/manifest';
import { isMissing, lineOf } from '../refusal';
import { accessOptions, type Verb } from '../verb';
import { bucketChecks } from '../verify/buckets';
import type { Check } from '../verify/check';
import { lockChecks } from '../verify/locks';
import { peopleChecks } from '../verify/people';
import { roleChecks } from '../verify/role';

export const verify: Verb = {
  usage: '',
  summary: 'Looks at the buckets, the group, the role, its trust, the lock table and the people, and says what is missing.',
  options: {},
  async run(given) {
    const { terminal } = given;
    const manifest = readManifest(given.directory);
    const caller = await callerFor(manifest, accessOptions(given), terminal);
    const checks = [
      ...bucketChecks(caller, manifest),
      ...roleChecks(caller, manifest),
      ...lockChecks(caller, manifest),
      ...peopleChecks(caller, manifest),
    ];
    let missing = 0;
    for (const { what, find } of checks) {
      const problems = await problemsOf(find);
      missing += problems.length;
      terminal.say(problems.length === 0 ? `ok       ${what}` : problems.map((problem) => `missing  ${what}: ${problem}`).join('\n'));
    }
    if (missing > 0) terminal.note(`${missing} ${missing === 1 ? 'thing is' : 'things are'} missing or could not be seen.`);
    return missing === 0 ? 0 : 1;
  },
};

async function problemsOf(find: Check['find']): Promise<readonly string[]> {
  try {
    return await find();
  } catch (problem) {
    return [isMissing(problem) ? 'it is not there' : `could not be seen: ${lineOf(problem)}`];
  }
}
