import { Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import type { Problems } from '../../validation/problems';
import type { Names } from './names';
import { MOST_REVOCATIONS, revocationCharacters } from './revocation-policy';

/** The longest name of a state machine. */
const LONGEST_STATE_MACHINE = 80;

/** How CloudFormation names the sessions of a service role, which bucket policies make an exception for. */
const CLOUDFORMATION = 'awscloudformation';

/** A name is part of policies, of a session and of a state machine, so it is what all three can hold. */
export function checkPeople(scope: IConstruct, people: readonly string[], names: Names, problems: Problems): void {
  if (Token.isUnresolved(people) || people.some((name) => Token.isUnresolved(name))) {
    problems.add(scope, 'people', 'got names that only the deployment knows, and each makes resources at synth; write the names out');
    return;
  }
  const longest = LONGEST_STATE_MACHINE - names.stateMachine('').length;
  const seen = new Set<string>();
  for (const name of people) {
    const add = (message: string) => problems.add(scope, 'people', `got "${name}", ${message}`);
    if (!/^[\w+=.@-]{2,64}$/.test(name)) add('which is no name for a user and a session; give 2 to 64 letters, digits and +=.@-_');
    else if (name.length > longest)
      add(`which is too long for the state machine that ends its sessions; give ${longest} characters at most`);
    else if (name.toLowerCase() === CLOUDFORMATION) add('which is how CloudFormation names its own sessions; give another name');
    if (seen.has(name.toLowerCase())) add('twice, since case does not count; name each person once');
    seen.add(name.toLowerCase());
  }
  const characters = people.reduce((sum, name) => sum + revocationCharacters(name), 0);
  if (characters > MOST_REVOCATIONS)
    problems.add(
      scope,
      'people',
      `got ${people.length} people, whose revocations take ${characters} of the ${MOST_REVOCATIONS} characters that the policies of a role can have; ` +
        'use two bootstraps with prefixes of their own, or fewer people',
    );
}
