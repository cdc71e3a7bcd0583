/**
 * What is wrong with a component document, by AWS's pages of the schema and of the actions.
 *
 * @see https://docs.aws.amazon.com/imagebuilder/latest/userguide/toe-use-documents.html
 * @see https://docs.aws.amazon.com/imagebuilder/latest/userguide/toe-action-modules.html
 */
// biome-ignore lint/suspicious/noExplicitAny: documents have no types
export function schemaProblems(document: any): string[] {
  const problems = unknown('document', document, ['name', 'description', 'schemaVersion', 'parameters', 'constants', 'phases']);
  if (document.schemaVersion !== '1.0') problems.push(`schemaVersion is ${document.schemaVersion}`);
  // biome-ignore lint/suspicious/noExplicitAny: documents have no types
  for (const parameter of (document.parameters ?? []) as { [name: string]: any }[]) {
    for (const [name, told] of Object.entries(parameter)) {
      if (!/^[A-Za-z][\w-]*$/.test(name)) problems.push(`parameter ${name}: not a name`);
      if (told.type !== 'string') problems.push(`parameter ${name}: type is ${told.type}`);
      problems.push(...unknown(`parameter ${name}`, told, ['type', 'default', 'description', 'allowedValues']));
    }
  }
  if (!Array.isArray(document.phases) || document.phases.length === 0) problems.push('there are no phases');
  for (const phase of document.phases ?? []) {
    if (!['build', 'validate', 'test'].includes(phase.name)) problems.push(`phase ${phase.name}: not one`);
    problems.push(...unknown(`phase ${phase.name}`, phase, ['name', 'steps']));
    if (!Array.isArray(phase.steps) || phase.steps.length === 0) problems.push(`phase ${phase.name}: no steps`);
    for (const step of phase.steps ?? []) problems.push(...stepProblems(`${phase.name} ${step.name}`, step));
  }
  return problems;
}

interface Action {
  /** Whether the inputs are a list of objects. */
  readonly list: boolean;
  readonly wanted: readonly string[];
  readonly allowed: readonly string[];
}

const ACTIONS: { readonly [name: string]: Action } = {
  ExecuteBash: { list: false, wanted: ['commands'], allowed: [] },
  CreateFile: { list: true, wanted: ['path'], allowed: ['content', 'encoding', 'owner', 'group', 'permissions', 'overwrite'] },
  CreateFolder: { list: true, wanted: ['path'], allowed: ['owner', 'group', 'permissions', 'overwrite'] },
  WebDownload: {
    list: true,
    wanted: ['source', 'destination'],
    allowed: ['overwrite', 'checksum', 'algorithm', 'ignoreCertificateErrors'],
  },
  S3Download: { list: true, wanted: ['source', 'destination'], allowed: ['expectedBucketOwner', 'overwrite'] },
  S3Upload: { list: true, wanted: ['source', 'destination'], allowed: ['recurse', 'expectedBucketOwner'] },
  UpdateOS: { list: false, wanted: [], allowed: ['include', 'exclude'] },
  Reboot: { list: false, wanted: [], allowed: ['delaySeconds'] },
};

// biome-ignore lint/suspicious/noExplicitAny: documents have no types
function stepProblems(where: string, step: any): string[] {
  const problems = unknown(where, step, ['name', 'action', 'timeoutSeconds', 'onFailure', 'maxAttempts', 'inputs', 'loop', 'if']);
  if (!/^[A-Za-z][\w-]*$/.test(step.name)) problems.push(`${where}: not a name`);
  if (step.onFailure !== undefined && !['Abort', 'Continue', 'Ignore'].includes(step.onFailure)) problems.push(`${where}: onFailure`);
  const action = ACTIONS[step.action];
  if (!action) return [...problems, `${where}: there is no action ${step.action}`];
  if (action.list !== Array.isArray(step.inputs) && step.inputs !== undefined) problems.push(`${where}: inputs are of another form`);
  for (const inputs of action.list ? (step.inputs ?? []) : [step.inputs ?? {}]) {
    problems.push(...unknown(where, inputs, [...action.wanted, ...action.allowed]));
    problems.push(...action.wanted.filter((name) => !(name in inputs)).map((name) => `${where}: lacks ${name}`));
    // a checksum without its algorithm is not compared
    if ('checksum' in inputs !== 'algorithm' in inputs) problems.push(`${where}: checksum and algorithm belong together`);
    if (step.action === 'WebDownload' && !('checksum' in inputs)) problems.push(`${where}: nothing is compared`);
  }
  return problems;
}

function unknown(where: string, given: object, allowed: readonly string[]): string[] {
  return Object.keys(given)
    .filter((name) => !allowed.includes(name))
    .map((name) => `${where}: has no ${name}`);
}
