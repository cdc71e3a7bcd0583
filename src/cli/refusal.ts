/** What a command says, in one line, before it exits with 1 (or the code that is given). Nothing was written by then, or the line says what. */
export class Refusal extends Error {
  constructor(
    line: string,
    readonly exitCode = 1,
  ) {
    super(line);
    this.name = 'Refusal';
  }
}

/** What an AWS service, the network or the system answered, as one line that a person can act on. */
export function lineOf(problem: unknown): string {
  if (problem instanceof Refusal) return problem.message;
  const { name, message, code } = problem as { name?: string; message?: string; code?: string };
  const said = oneLine(message || String(problem));
  if (said === 'Region is missing') return 'There is no AWS region: use --region, or set AWS_REGION.';
  switch (name) {
    case 'CredentialsProviderError':
    case 'TokenProviderError':
      return `No AWS credentials: ${said}`;
    case 'ExpiredToken':
    case 'ExpiredTokenException':
      return 'The session has ended: start a new one.';
    case 'InvalidClientTokenId':
    case 'UnrecognizedClientException':
    case 'InvalidAccessKeyId':
    case 'SignatureDoesNotMatch':
      return `AWS does not know these credentials: ${said}`;
    case 'AccessDenied':
    case 'AccessDeniedException':
      return `AWS refused it: ${said}`;
  }
  if (code && /^E[A-Z]+$/.test(code))
    return `${/^(ECONN|ENOTFOUND|EAI|ETIMEDOUT)/.test(code) ? 'AWS was not reached: ' : ''}${said || code}`;
  return name && name !== 'Error' ? `${name}: ${said}` : said;
}

/** Control characters would break the line, or the terminal. */
export const oneLine = (text: string): string => text.replace(/[\s\p{Cc}]+/gu, ' ').trim();

/** Whether AWS says that a thing is not there. */
export function isMissing(problem: unknown): boolean {
  const { name, message } = problem as { name?: string; message?: string };
  return (
    /^(NoSuch\w+|NotFound|ResourceNotFoundException|ParameterNotFound|StateMachineDoesNotExist)$/.test(name ?? '') ||
    /does not exist/.test(message ?? '')
  );
}
