import { setTimeout } from 'node:timers/promises';
import { DescribeExecutionCommand, type DescribeExecutionCommandOutput, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { type Caller, callerFor, refuseSession } from '../aws/access';
import { type Manifest, readManifest } from '../manifest/manifest';
import { isMissing, oneLine, Refusal } from '../refusal';
import { accessOptions, text, type Verb } from '../verb';

/** How often the state machine is asked, a second apart. */
const TRIES = 60;

export const revoke: Verb = {
  usage: '[--user USER]',
  summary: 'Ends all your sessions of the terraform role, on the server. With --user, an administrator ends those of another.',
  options: { user: { type: 'string' } },
  async run(given) {
    const { terminal } = given;
    const manifest = readManifest(given.directory);
    const caller = await callerFor(manifest, accessOptions(given), terminal);
    const user = text(given, 'user') ?? ownName(manifest, caller);
    if (!/^[\w+=.@-]+$/.test(user)) throw new Refusal(`No user is named ${JSON.stringify(user)}.`);
    await endSessions(new SFNClient(caller), `${manifest.revocation.stateMachine}${user}`, user);
    terminal.note(`The sessions of ${user} that began before now are ended. Sessions of other roles that they assumed last up to an hour.`);
    return 0;
  },
};

function ownName(manifest: Manifest, caller: Caller): string {
  refuseSession(manifest, caller);
  if (caller.user !== undefined && caller.path === manifest.people.path) return caller.user;
  if (manifest.people.kind === 'identityCenter' && caller.session !== undefined) return caller.session;
  throw new Refusal(`${caller.arn} has no sessions of the terraform role: name a user with --user.`);
}

async function endSessions(stepFunctions: SFNClient, stateMachineArn: string, user: string): Promise<void> {
  const { executionArn } = await stepFunctions.send(new StartExecutionCommand({ stateMachineArn, input: '{}' })).catch((problem) => {
    if (isMissing(problem)) throw new Refusal(`${user} is none of the bootstrap's people: there is no ${stateMachineArn}.`);
    throw problem;
  });
  for (let tries = 0; tries < TRIES; tries++) {
    const execution: DescribeExecutionCommandOutput = await stepFunctions.send(new DescribeExecutionCommand({ executionArn }));
    if (execution.status === 'SUCCEEDED') return;
    if (execution.status !== 'RUNNING') {
      throw new Refusal(`The sessions are NOT ended: ${executionArn} is ${execution.status}${reason(execution)}`);
    }
    await setTimeout(1000);
  }
  throw new Refusal(`The sessions may not be ended yet: ${executionArn} is still running.`);
}

const reason = ({ error, cause }: DescribeExecutionCommandOutput): string =>
  error || cause ? ` (${oneLine([error, cause].filter(Boolean).join(': '))})` : '';
