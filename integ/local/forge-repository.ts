import { type ForgeAccount, ForgeClient, waitFor } from './forge-client';

export interface Comment {
  readonly id: number;
  readonly author: string;
  readonly body: string;
}

export interface Webhook {
  readonly url: string;
  readonly secret: string;
}

/** A repository of the forge, used only through the forge's API. */
export class ForgeRepository {
  readonly path: string;

  constructor(
    private readonly url: string,
    private readonly owner: ForgeAccount,
    readonly name: string,
  ) {
    this.path = `/repos/${name}`;
  }

  private as(account: ForgeAccount): ForgeClient {
    return ForgeClient.withToken(this.url, account.token);
  }

  /** Lets an account push, comment, review and set the status of commits. */
  async admit(account: ForgeAccount): Promise<void> {
    await this.as(this.owner).request('PUT', `${this.path}/collaborators/${account.name}`, { permission: 'write' });
  }

  /** Commits files to a branch, which is made from the default branch when it is another. */
  async commit(author: ForgeAccount, message: string, files: Record<string, string>, branch?: string): Promise<void> {
    await this.as(author).request('POST', `${this.path}/contents`, {
      message,
      ...(branch ? { new_branch: branch } : {}),
      files: Object.entries(files).map(([path, text]) => ({ operation: 'create', path, content: Buffer.from(text).toString('base64') })),
    });
  }

  /** The events that Atlantis reads. */
  async addWebhook({ url, secret }: Webhook): Promise<void> {
    await this.as(this.owner).request('POST', `${this.path}/hooks`, {
      type: 'gitea',
      active: true,
      events: ['pull_request_only', 'pull_request_sync', 'pull_request_comment'],
      config: { url, secret, content_type: 'json' },
    });
  }

  async openPullRequest(author: ForgeAccount, branch: string, title: string): Promise<PullRequest> {
    const { number, html_url } = await this.as(author).request<{ number: number; html_url: string }>('POST', `${this.path}/pulls`, {
      base: 'main',
      head: branch,
      title,
    });
    return new PullRequest(this.url, this, number, html_url);
  }
}

export class PullRequest {
  constructor(
    private readonly url: string,
    private readonly repository: ForgeRepository,
    readonly number: number,
    /** As the forge's pages name it, inside the network of the run. */
    readonly address: string,
  ) {}

  private as(account: ForgeAccount): ForgeClient {
    return ForgeClient.withToken(this.url, account.token);
  }

  async comment(author: ForgeAccount, body: string): Promise<Comment> {
    const path = `${this.repository.path}/issues/${this.number}/comments`;
    const { id } = await this.as(author).request<{ id: number }>('POST', path, { body });
    return { id, author: author.name, body };
  }

  async comments(reader: ForgeAccount): Promise<Comment[]> {
    const path = `${this.repository.path}/issues/${this.number}/comments`;
    const found = await this.as(reader).request<{ id: number; body: string; user: { login: string } }[]>('GET', path);
    return found.map(({ id, body, user }) => ({ id, body, author: user.login }));
  }

  /** The first comment of this author that is newer than the given one. */
  async awaitComment(author: ForgeAccount, options: { after?: Comment; seconds: number; what: string }): Promise<Comment> {
    const { after, seconds, what } = options;
    return waitFor(what, seconds, async () => {
      const found = await this.comments(author);
      return found.find((comment) => comment.author === author.name && comment.id > (after?.id ?? 0));
    });
  }

  async approve(reviewer: ForgeAccount): Promise<void> {
    await this.as(reviewer).request('POST', `${this.repository.path}/pulls/${this.number}/reviews`, {
      event: 'APPROVED',
      body: 'As planned.',
    });
  }

  async merge(account: ForgeAccount): Promise<void> {
    await this.as(account).request('POST', `${this.repository.path}/pulls/${this.number}/merge`, { Do: 'merge' });
  }

  async isMerged(reader: ForgeAccount): Promise<boolean> {
    const { merged } = await this.as(reader).request<{ merged: boolean }>('GET', `${this.repository.path}/pulls/${this.number}`);
    return merged;
  }

  /** What Atlantis (or anyone) said of the newest commit, by the status's name. */
  async statuses(reader: ForgeAccount): Promise<Record<string, string>> {
    const { head } = await this.as(reader).request<{ head: { sha: string } }>('GET', `${this.repository.path}/pulls/${this.number}`);
    const path = `${this.repository.path}/commits/${head.sha}/status`;
    const { statuses } = await this.as(reader).request<{ statuses: { context: string; status: string }[] | null }>('GET', path);
    return Object.fromEntries((statuses ?? []).map(({ context, status }) => [context, status]));
  }
}
