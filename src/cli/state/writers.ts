import { CloudWatchLogsClient, type FilteredLogEvent, paginateFilterLogEvents } from '@aws-sdk/client-cloudwatch-logs';
import type { Session } from '../aws/session';
import { by, lockInfo } from './lock';
import { readObject, type Version, versionsOf } from './store';

/** Who wrote each version, and how that is known. */
export interface Writers {
  readonly source: string;
  of(version: Version): string | undefined;
}

/** The trail knows for certain: each write of an object is an event with the version that it made. */
export async function writersInLog(session: Session, logGroup: string, key: string): Promise<Writers> {
  const client = new CloudWatchLogsClient(session);
  const filterPattern = `{ $.eventName = "PutObject" && $.requestParameters.key = ${JSON.stringify(key)} }`;
  const events: FilteredLogEvent[] = [];
  for await (const { events: page = [] } of paginateFilterLogEvents({ client }, { logGroupName: logGroup, filterPattern }))
    events.push(...page);
  const names = new Map(events.map(({ message }) => writerIn(message)));
  return { source: `the trail's log group ${logGroup}`, of: ({ id }) => names.get(id) };
}

function writerIn(message = '{}'): [version: string, who: string] {
  const { userIdentity, responseElements, sourceIPAddress } = JSON.parse(message);
  return [
    responseElements?.['x-amz-version-id'] ?? '',
    `${userIdentity?.arn ?? 'unknown'} from ${sourceIPAddress ?? 'an unknown address'}`,
  ];
}

/** A lock is taken before a state is written, and its versions are kept for a while. What stands in it is what the writer says of itself. */
export async function writersInLocks(session: Session, bucket: string, key: string, versions: readonly Version[]): Promise<Writers> {
  const locks = (await versionsOf(session, bucket, `${key}.tflock`)).filter(({ deleted }) => !deleted);
  const names = new Map<string, string>();
  for (const version of versions) {
    const before = locks.filter(({ modified }) => modified <= version.modified);
    const lock = before.sort((a, b) => b.modified.getTime() - a.modified.getTime())[0];
    const text = lock && (await readObject(session, bucket, `${key}.tflock`, lock.id));
    const said = text && by(lockInfo(text)).trim();
    if (said) names.set(version.id, said);
  }
  return { source: 'the locks of the time, where each writer names itself', of: ({ id }) => names.get(id) };
}
