/** What AWS lets all inline policies of a role have together, without white space: 10,240, of which the state takes a part. */
export const MOST_REVOCATIONS = 9000;

/** As long as the unique id of a role, and a time with milliseconds. */
const ROLE_ID = 'AROA00000000000000000';
const TIME = '1970-01-01T00:00:00.000Z';

/** The policy that ends the sessions of a person which were begun before a time. */
export function revocation(roleId: string, person: string, before: string) {
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'Ended',
        Effect: 'Deny',
        Action: '*',
        Resource: '*',
        Condition: {
          StringEquals: { 'aws:userid': `${roleId}:${person}` },
          DateLessThan: { 'aws:TokenIssueTime': before },
        },
      },
    ],
  };
}

export function revocationCharacters(person: string): number {
  return JSON.stringify(revocation(ROLE_ID, person, TIME)).length;
}

export function revocationName(person: string): string {
  return `revoked-${person}`;
}
