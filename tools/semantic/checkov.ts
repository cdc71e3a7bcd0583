import { Failure } from '../../integ/local/progress';
import { execute } from '../commands/execute';
import type { Finding } from './finding';

interface Check {
  readonly check_id: string;
  readonly check_name: string;
  readonly file_abs_path: string;
  readonly resource: string;
}

interface Report {
  readonly results: { readonly failed_checks: readonly Check[] };
  readonly summary: { readonly parsing_errors: number };
}

export async function checkov(python: string, templates: readonly string[]): Promise<Finding[]> {
  const options = ['--framework', 'cloudformation', '--quiet', '--skip-download', '--output', 'json'];
  const { printed, complaint } = await execute(python, ['-m', 'checkov.main', ...options, '--file', ...templates]);
  const report = parse(printed, complaint);
  if (report.summary.parsing_errors > 0)
    throw new Failure(`checkov cannot read ${report.summary.parsing_errors} of ${templates.join(', ')}`);
  return report.results.failed_checks.map((check) => ({
    ...{ tool: 'checkov', rule: check.check_id, template: check.file_abs_path, message: check.check_name },
    resource: check.resource.replace(/^.*\./, ''),
  }));
}

function parse(printed: string, complaint: string): Report {
  try {
    return JSON.parse(printed);
  } catch {
    throw new Failure(`checkov: ${complaint || printed}`);
  }
}
