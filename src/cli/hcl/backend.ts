import type { Manifest } from '../manifest/manifest';
import { Refusal } from '../refusal';

export interface BackendOptions {
  /** The state's name, such as `network/prod`. */
  readonly name: string;
  /** Whether it is a state of the bootstrap itself. */
  readonly bootstrap?: boolean;
  /** A role that Terraform assumes for its state. */
  readonly role?: string;
  /** A profile that Terraform uses for its state. */
  readonly profile?: string;
  /** The version of Terraform or OpenTofu that is used, where it is an old one. */
  readonly toolVersion?: string;
}

const NAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]*(\/[A-Za-z0-9_][A-Za-z0-9_.-]*)*$/;
const ROLE = /^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/;

/** The key of a state in its bucket. */
export function stateKey(name: string, workspace?: string): string {
  if (!NAME.test(name) || name.length > 500) {
    throw new Refusal(
      `A state is named like network/prod, with letters, digits, dots, dashes and underscores: got ${JSON.stringify(name)}.`,
    );
  }
  if (workspace !== undefined && !/^[\w.-]+$/.test(workspace)) {
    throw new Refusal(`A workspace is named with letters, digits, dots, dashes and underscores: got ${JSON.stringify(workspace)}.`);
  }
  const key = `${name}/terraform.tfstate`;
  return workspace === undefined || workspace === 'default' ? key : `env:/${workspace}/${key}`;
}

/** The bucket that a state is in. */
export const bucketOf = ({ state }: Manifest, bootstrap = false): string => (bootstrap ? state.bootstrapBucket : state.bucket);

/** `backend.tf`, as `terraform fmt` and `tofu fmt` would write it. */
export function backendText(manifest: Manifest, options: BackendOptions): string {
  const { role, profile, toolVersion } = options;
  if (role !== undefined && !ROLE.test(role)) throw new Refusal(`A role is named by its ARN: got ${JSON.stringify(role)}.`);
  if (role !== undefined && profile !== undefined) throw new Refusal('The backend has a role or a profile, not both.');
  const { native, table } = locks(manifest, toolVersion);
  const { kmsKeyArn } = manifest.state;
  const settings: [string, string | true | undefined][] = [
    ['bucket', bucketOf(manifest, options.bootstrap)],
    ['key', stateKey(options.name)],
    ['region', manifest.region],
    // Either alone would be ignored, or ask for another encryption than the bucket's.
    ['encrypt', kmsKeyArn === undefined ? undefined : true],
    ['kms_key_id', kmsKeyArn],
    ['use_lockfile', native ? true : undefined],
    ['dynamodb_table', table],
    ['profile', profile],
  ];
  const written = settings.filter((setting): setting is [string, string | true] => setting[1] !== undefined);
  const width = Math.max(...written.map(([name]) => name.length));
  const lines = written.map(([name, value]) => `    ${name.padEnd(width)} = ${value === true ? 'true' : quote(value)}`);
  const assumed = role === undefined ? [] : ['', '    assume_role = {', `      role_arn = ${quote(role)}`, '    }'];
  return ['# Written by "cdk-atlantis bootstrap init".', 'terraform {', '  backend "s3" {', ...lines, ...assumed, '  }', '}', ''].join(
    '\n',
  );
}

/** Native locks came with Terraform and OpenTofu 1.10. */
function locks({ lock }: Manifest, version: string | undefined): { native: boolean; table?: string } {
  if (version === undefined) return { native: lock.kind !== 'dynamodb', table: lock.table };
  const parts = /^v?(\d+)\.(\d+)(\.|$)/.exec(version);
  if (!parts) throw new Refusal(`A version is written like 1.11.4: got ${JSON.stringify(version)}.`);
  const old = Number(parts[1]) < 1 || (Number(parts[1]) === 1 && Number(parts[2]) < 10);
  if (old && lock.table === undefined) {
    throw new Refusal(`Version ${version} locks with a DynamoDB table, and this bootstrap has none: use 1.10 or newer.`);
  }
  return { native: lock.kind !== 'dynamodb' && !old, table: lock.table };
}

/** A string of HCL. */
export function quote(value: string): string {
  const escaped = JSON.stringify(value).replace(/\\([bf])/g, (_, letter) => (letter === 'b' ? '\\u0008' : '\\u000c'));
  return escaped.replace(/([$%])\{/g, '$1$1{');
}
