import { CloudFormationClient, DescribeStacksCommand, paginateDescribeStacks, type Stack } from '@aws-sdk/client-cloudformation';
import { type Caller, checkAccount } from '../aws/access';
import { isMissing, Refusal } from '../refusal';
import { type Manifest, manifestIn, parseManifest } from './manifest';

/** Reads the manifest from the outputs of the stack that has one. */
export async function findManifest(caller: Caller, stack: string | undefined): Promise<Manifest> {
  const cloudFormation = new CloudFormationClient(caller);
  const stacks = stack === undefined ? await all(cloudFormation) : await one(cloudFormation, stack);
  const found = stacks.flatMap(({ StackName, Outputs = [] }) =>
    Outputs.filter(({ OutputValue }) => manifestIn(OutputValue ?? '')).map(({ OutputValue }) => ({ StackName, OutputValue })),
  );
  if (found.length === 0) {
    throw new Refusal(
      stack === undefined
        ? `No stack of ${caller.account} in ${await regionOf(cloudFormation)} is a bootstrap: deploy one, or name another --region.`
        : `The stack ${stack} has no output of a bootstrap.`,
    );
  }
  if (found.length > 1) {
    throw new Refusal(`There is more than one bootstrap: name one with --stack (${found.map(({ StackName }) => StackName).join(', ')}).`);
  }
  const manifest = parseManifest(found[0].OutputValue ?? '', `The output of ${found[0].StackName}`);
  checkAccount(manifest, caller);
  return manifest;
}

const regionOf = async (client: CloudFormationClient): Promise<string> => client.config.region();

async function one(client: CloudFormationClient, name: string): Promise<Stack[]> {
  try {
    return (await client.send(new DescribeStacksCommand({ StackName: name }))).Stacks ?? [];
  } catch (problem) {
    if (isMissing(problem)) throw new Refusal(`There is no stack ${name} in ${await regionOf(client)}.`);
    throw problem;
  }
}

async function all(client: CloudFormationClient): Promise<Stack[]> {
  const stacks: Stack[] = [];
  for await (const { Stacks = [] } of paginateDescribeStacks({ client }, {})) stacks.push(...Stacks);
  return stacks;
}
