import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { median, milliseconds } from '../timing';
import type { Workshop } from '../workshop';

/** The directory of a copy of github.com/nozaq/terraform-aws-remote-state-s3-backend: nothing of it is in this repository. */
const MODULE = 'CDK_ATLANTIS_BENCH_NOZAQ';
/** A file system mirror that has hashicorp/aws; without it Terraform fetches the provider from its registry. */
const PLUGINS = 'CDK_ATLANTIS_BENCH_PLUGINS';
const WHAT = "terraform plan of nozaq's module";
const PLANS = 3;
const MINUTES = 5 * 60_000;

/** It only plans what is to be created, so it makes no call to AWS. */
const provider = (region: string, alias = '') => `provider "aws" {
  region                      = "${region}"
  access_key                  = "none"
  secret_key                  = "none"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
${alias}}
`;

const CONFIGURATION = `${provider('us-east-1')}
${provider('us-west-2', '  alias                       = "replica"\n')}
module "state" {
  source = "./module"

  providers = {
    aws         = aws
    aws.replica = aws.replica
  }
}
`;

export function benchModule(workshop: Workshop): void {
  const source = process.env[MODULE];
  console.log(`${WHAT}: ${source ? planOf(workshop, source) : `not run, ${MODULE} names no copy of it`}`);
}

function planOf(workshop: Workshop, source: string): string {
  const directory = workshop.path('nozaq');
  fs.cpSync(source, path.join(directory, 'module'), { recursive: true, filter: (file) => path.basename(file) !== '.git' });
  fs.writeFileSync(path.join(directory, 'main.tf'), CONFIGURATION);
  const plugins = process.env[PLUGINS];
  try {
    const version = JSON.parse(terraform(directory, 'version', '-json')).terraform_version;
    terraform(directory, 'init', '-no-color', '-input=false', ...(plugins ? [`-plugin-dir=${path.resolve(plugins)}`] : []));
    let planned = '';
    const times = Array.from({ length: PLANS }, () =>
      milliseconds(() => {
        planned = terraform(directory, 'plan', '-no-color', '-input=false');
      }),
    );
    const resources = /Plan: (\d+) to add/.exec(planned)?.[1];
    return `${median(times)} ms with Terraform ${version}, ${resources} resources (a plan does other work than a synthesis)`;
  } catch (problem) {
    return `not run, ${firstLine(problem)}`;
  }
}

function terraform(cwd: string, ...args: string[]): string {
  const stdio: ['ignore', 'pipe', 'pipe'] = ['ignore', 'pipe', 'pipe'];
  return execFileSync('terraform', args, { cwd, env: environment(), encoding: 'utf8', stdio, timeout: MINUTES });
}

/** Nothing of the user's own account; a configuration file that is missing would be a warning in each output. */
function environment(): NodeJS.ProcessEnv {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('AWS_')));
  const configuration = env.TF_CLI_CONFIG_FILE;
  if (configuration && !fs.existsSync(configuration)) delete env.TF_CLI_CONFIG_FILE;
  return env;
}

function firstLine(problem: unknown): string {
  const { code, stderr } = problem as { code?: string; stderr?: string };
  if (code === 'ENOENT') return 'terraform is not installed';
  const said = `${stderr ?? problem}`.split('\n').map((line) => line.replace(/^[\s│╷╵]+/, ''));
  return said.find((line) => line.startsWith('Error')) ?? said[0];
}
