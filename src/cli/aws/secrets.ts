import { GetParametersCommand, type Parameter, PutParameterCommand, paginateGetParametersByPath, SSMClient } from '@aws-sdk/client-ssm';
import { Refusal } from '../refusal';
import type { Access } from './access';

const SERVICE = /^[A-Za-z0-9_.-]+(\/[A-Za-z0-9_.-]+)*$/;
const AT_ONCE = 10;

/** The path of a service's parameters, as chamber has it. */
export function servicePath(service: string): string {
  if (!SERVICE.test(service) || /^(aws|ssm)/i.test(service))
    throw new Refusal(`A service is named like network/prod: got ${JSON.stringify(service)}.`);
  return `/${service}`;
}

/** The secrets of a service, by their names with the case kept. */
export async function readSecrets(access: Access, service: string): Promise<Map<string, string>> {
  const path = servicePath(service);
  const secrets = new Map<string, string>();
  for await (const { Parameters = [] } of paginateGetParametersByPath(
    { client: new SSMClient(access) },
    { Path: path, WithDecryption: true },
  )) {
    for (const { Name, Value } of Parameters) secrets.set((Name ?? '').slice(path.length + 1), Value ?? '');
  }
  return secrets;
}

/** The parameters of these names that are there. */
export async function readParameters(access: Access, names: readonly string[]): Promise<Map<string, Parameter>> {
  const ssm = new SSMClient(access);
  const found = new Map<string, Parameter>();
  for (let at = 0; at < names.length; at += AT_ONCE) {
    const { Parameters = [] } = await ssm.send(new GetParametersCommand({ Names: names.slice(at, at + AT_ONCE), WithDecryption: true }));
    for (const parameter of Parameters) found.set(parameter.Name ?? '', parameter);
  }
  return found;
}

export async function writeSecret(access: Access, name: string, value: string, alias: string): Promise<void> {
  await new SSMClient(access).send(
    new PutParameterCommand({
      Name: name,
      Value: value,
      Type: 'SecureString',
      KeyId: `alias/${alias.replace(/^alias\//, '')}`,
      Overwrite: true,
    }),
  );
}
