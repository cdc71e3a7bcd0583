import {
  GetObjectCommand,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandOutput,
  type ObjectVersion,
  PutObjectCommand,
  paginateListObjectsV2,
  S3Client,
} from '@aws-sdk/client-s3';
import type { Session } from '../aws/session';
import { isMissing, Refusal } from '../refusal';
import { parseState, type StateDocument } from './document';

export interface Version {
  readonly id: string;
  readonly modified: Date;
  readonly size: number;
  readonly current: boolean;
  readonly deleted: boolean;
}

/** The objects of a bucket whose keys end so. */
export async function keysIn(session: Session, bucket: string, suffix: string): Promise<{ key: string; modified: Date }[]> {
  const found: { key: string; modified: Date }[] = [];
  for await (const { Contents = [] } of paginateListObjectsV2({ client: new S3Client(session) }, { Bucket: bucket })) {
    for (const { Key = '', LastModified } of Contents) {
      if (Key.endsWith(suffix)) found.push({ key: Key, modified: LastModified ?? new Date(0) });
    }
  }
  return found;
}

/** All versions of one object, the newest first. A deletion is one too. */
export async function versionsOf(session: Session, bucket: string, key: string): Promise<Version[]> {
  const s3 = new S3Client(session);
  const versions: Version[] = [];
  let from: { KeyMarker?: string; VersionIdMarker?: string } | undefined = {};
  while (from) {
    const page: ListObjectVersionsCommandOutput = await s3.send(new ListObjectVersionsCommand({ Bucket: bucket, Prefix: key, ...from }));
    const { Versions = [], DeleteMarkers = [] } = page as { Versions?: ObjectVersion[]; DeleteMarkers?: ObjectVersion[] };
    const add = (found: ObjectVersion[], deleted: boolean) => {
      for (const { Key, VersionId = '', LastModified, Size = 0, IsLatest } of found) {
        if (Key !== key) continue;
        versions.push({ id: VersionId, modified: LastModified ?? new Date(0), size: Size, current: IsLatest === true, deleted });
      }
    };
    add(Versions, false);
    add(DeleteMarkers, true);
    from = page.IsTruncated ? { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker } : undefined;
  }
  return versions.sort((a, b) => Number(b.current) - Number(a.current) || b.modified.getTime() - a.modified.getTime());
}

export async function readObject(session: Session, bucket: string, key: string, version?: string): Promise<string | undefined> {
  try {
    const { Body } = await new S3Client(session).send(new GetObjectCommand({ Bucket: bucket, Key: key, VersionId: version }));
    return await Body?.transformToString();
  } catch (problem) {
    if (/^NoSuch(Key|Version)$/.test((problem as Error).name)) return undefined;
    if (isMissing(problem)) throw new Refusal(`There is no bucket ${bucket}.`);
    throw problem;
  }
}

export async function readState(session: Session, bucket: string, key: string, version?: string): Promise<StateDocument | undefined> {
  const text = await readObject(session, bucket, key, version);
  return text === undefined ? undefined : parseState(text, `${bucket}/${key}`);
}

/** Writes a state and reads it back. Where none is expected, one that somebody else wrote meanwhile is not replaced. */
export async function writeState(session: Session, bucket: string, key: string, state: StateDocument, isNew: boolean): Promise<void> {
  const object = { Bucket: bucket, Key: key, Body: state.text, ContentType: 'application/json' };
  await new S3Client(session).send(new PutObjectCommand({ ...object, ...(isNew && { IfNoneMatch: '*' }) }));
  if ((await readObject(session, bucket, key)) !== state.text)
    throw new Refusal(`${bucket}/${key} was written, and reads otherwise: look at its versions.`);
}
