import { Failure } from '../../integ/local/progress';
import { execute } from '../commands/execute';
import type { Finding } from './finding';

/** Where the resource types and their properties are looked up. */
const REGIONS = ['us-east-1', 'eu-west-1'];

interface Match {
  readonly Filename: string;
  readonly Message: string;
  readonly Rule: { readonly Id: string };
  readonly Location: { readonly Path?: readonly (string | number)[] };
}

export async function cfnLint(python: string, templates: readonly string[]): Promise<Finding[]> {
  const program = 'import sys; from cfnlint.runner import main; sys.exit(main())';
  const args = ['-c', program, '--format', 'json', '--regions', ...REGIONS, '--', ...templates];
  const { printed, complaint } = await execute(python, args);
  if (!printed.startsWith('[')) throw new Failure(`cfn-lint: ${complaint || printed}`);
  return (JSON.parse(printed) as Match[]).map(({ Filename, Message, Rule, Location }) => ({
    ...{ tool: 'cfn-lint', rule: Rule.Id, template: Filename, message: Message },
    resource: Location.Path?.[0] === 'Resources' ? String(Location.Path[1]) : '',
  }));
}
