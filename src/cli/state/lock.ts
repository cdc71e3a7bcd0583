import { createHash, randomUUID } from 'node:crypto';
import { hostname, userInfo } from 'node:os';
import { type AttributeValue, DeleteItemCommand, DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { Session } from '../aws/session';
import type { Manifest } from '../manifest/manifest';
import { lineOf, Refusal } from '../refusal';

/** What Terraform writes into a lock. */
export interface LockInfo {
  readonly ID?: string;
  readonly Who?: string;
  readonly Operation?: string;
  readonly Created?: string;
  readonly Path?: string;
}

export interface Place {
  readonly bucket: string;
  readonly key: string;
  /** The table in which it is locked, where there is one. */
  readonly table?: string;
  /** Whether it is locked by an object beside it. */
  readonly native: boolean;
}

export const placeOf = ({ lock }: Manifest, bucket: string, key: string): Place => ({
  bucket,
  key,
  table: lock.table,
  native: lock.kind !== 'dynamodb',
});

export function lockInfo(text: string | undefined): LockInfo {
  try {
    return JSON.parse(text ?? '') as LockInfo;
  } catch {
    return {};
  }
}

/** Does something to a state while nobody else can. The locks are those that Terraform takes, in its order. */
export async function whileLocked<T>(session: Session, place: Place, work: () => Promise<T>): Promise<T> {
  const ID = randomUUID();
  const info = JSON.stringify({
    ID,
    Operation: 'cdk-atlantis bootstrap',
    Info: '',
    Who: `${session.person}@${userInfo().username}@${hostname()}`,
    Version: '',
    Created: new Date().toISOString(),
    Path: `${place.bucket}/${place.key}`,
  });
  const held: Release[] = [];
  const done = await settled(async () => {
    if (place.native) held.push(await lockObject(new S3Client(session), place, info));
    if (place.table !== undefined) held.push(await lockItem(new DynamoDBClient(session), place, place.table, info));
    return work();
  });
  const releases = await Promise.allSettled(held.map((release) => release()));
  const left = releases.flatMap((release) => (release.status === 'rejected' ? [lineOf(release.reason)] : []));
  if (left.length === 0) {
    if (done.status === 'rejected') throw done.reason;
    return done.value;
  }
  const lock = `The lock ${ID} of ${place.key} is left (${left.join('; ')}): see "bootstrap state locks".`;
  throw new Refusal(done.status === 'rejected' ? `${lineOf(done.reason)} ${lock}` : `All is done. ${lock}`);
}

const settled = async <T>(work: () => Promise<T>): Promise<PromiseSettledResult<T>> => (await Promise.allSettled([work()]))[0];

/** What is refused where a question was asked of what is no longer there. */
export const changedMeanwhile = (key: string): Refusal => new Refusal(`${key} has changed meanwhile. Nothing was changed: run it again.`);

/** Lets a lock go, if it is still the one that was taken: somebody may have broken it, and another have taken theirs. */
type Release = () => Promise<unknown>;

async function lockObject(s3: S3Client, { bucket, key }: Place, info: string): Promise<Release> {
  const object = { Bucket: bucket, Key: `${key}.tflock` };
  await s3.send(new PutObjectCommand({ ...object, Body: info, IfNoneMatch: '*' })).catch(async (problem) => {
    if (!/PreconditionFailed|ConditionalRequestConflict/.test(problem.name)) throw problem;
    const held = await readLock(s3, object).catch(() => undefined);
    throw new Refusal(`${key} is locked${by(lockInfo(held))}; nothing was changed.`);
  });
  return async () => {
    if ((await readLock(s3, object)) === info) await s3.send(new DeleteObjectCommand(object));
  };
}

async function readLock(s3: S3Client, object: { Bucket: string; Key: string }): Promise<string | undefined> {
  try {
    return await (await s3.send(new GetObjectCommand(object))).Body?.transformToString();
  } catch (problem) {
    if ((problem as Error).name === 'NoSuchKey') return undefined;
    throw problem;
  }
}

async function lockItem(dynamo: DynamoDBClient, { bucket, key }: Place, table: string, info: string): Promise<Release> {
  const LockID = { S: `${bucket}/${key}` };
  const Item = { LockID, Info: { S: info } };
  const put = new PutItemCommand({ TableName: table, Item, ConditionExpression: 'attribute_not_exists(LockID)' });
  await dynamo.send(put).catch(async (problem) => {
    if (problem.name !== 'ConditionalCheckFailedException') throw problem;
    const held = await readItem(dynamo, table, LockID.S).catch(() => undefined);
    throw new Refusal(`${key} is locked${by(lockInfo(held?.Info?.S))}; nothing was changed.`);
  });
  const own = { ConditionExpression: 'Info = :own', ExpressionAttributeValues: { ':own': { S: info } } };
  return () =>
    dynamo.send(new DeleteItemCommand({ TableName: table, Key: { LockID }, ...own })).catch((problem) => {
      if (problem.name !== 'ConditionalCheckFailedException') throw problem;
    });
}

async function readItem(dynamo: DynamoDBClient, table: string, id: string): Promise<Record<string, AttributeValue> | undefined> {
  const { Item } = await dynamo.send(new GetItemCommand({ TableName: table, Key: { LockID: { S: id } }, ConsistentRead: true }));
  return Item;
}

export const by = ({ Who, Operation, Created, ID }: LockInfo): string =>
  [Who && ` by ${Who}`, Operation && ` for ${Operation}`, Created && ` since ${Created}`, ID && ` (${ID})`].filter(Boolean).join('');

const digestId = ({ bucket, key }: Place): string => `${bucket}/${key}-md5`;

/** With a table, Terraform compares the state with a digest there. */
export async function writeDigest(session: Session, place: Place, text: string): Promise<void> {
  if (place.table === undefined) return;
  const Item = { LockID: { S: digestId(place) }, Digest: { S: md5(text) } };
  await new DynamoDBClient(session).send(new PutItemCommand({ TableName: place.table, Item }));
}

/** Refuses a state that is not the one that its table knows. */
export async function checkDigest(session: Session, place: Place, text: string): Promise<void> {
  if (place.table === undefined) return;
  const item = await readItem(new DynamoDBClient(session), place.table, digestId(place));
  if (item?.Digest?.S !== undefined && item.Digest.S !== md5(text)) {
    throw new Refusal(`${place.key} is not the state that ${place.table} knows: its digest differs. Nothing was changed.`);
  }
}

const md5 = (text: string): string => createHash('md5').update(text).digest('hex');

/** The lock that a table holds of a state. People may read its items, and not search it. */
export async function lockInTable(session: Session, table: string, bucket: string, key: string): Promise<LockInfo | undefined> {
  const item = await readItem(new DynamoDBClient(session), table, `${bucket}/${key}`);
  return item?.Info?.S === undefined ? undefined : lockInfo(item.Info.S);
}
