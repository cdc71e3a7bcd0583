import { randomBytes } from 'node:crypto';
import { type Comment, FORGE_URL, type Forge, type PullRequest } from '../forge';
import { waitFor } from '../forge-client';
import { Failure, note, step } from '../progress';

const ORGANIZATION = 'acme';
const REPOSITORY = 'infrastructure';
const BRANCH = 'greeting';

/** Every answer of the server takes a clone and a run of OpenTofu, on a machine that may be slow. */
const ANSWER_WITHIN = 60;

function configuration(value: string): string {
  return `resource "terraform_data" "greeting" {
  input = "${value}"
}

output "greeting" {
  value = terraform_data.greeting.output
}
`;
}

function expect(comment: Comment, wanted: RegExp | string, what: string): void {
  const found = typeof wanted === 'string' ? comment.body.includes(wanted) : wanted.test(comment.body);
  if (!found) {
    throw new Failure(`${what}: expected ${wanted} in the server's comment, which is:\n${comment.body}`);
  }
}

/** Shows a comment as the forge returned it. */
function show(comment: Comment): void {
  for (const line of comment.body.trimEnd().split('\n')) {
    note(`│ ${line}`);
  }
}

/** The server that the pull request is for. */
export interface Server {
  /** Where the forge sends its webhooks. */
  readonly webhookUrl: string;
  /** The server's own port on this machine. */
  readonly address: () => Promise<string>;
  readonly webhookSecret: () => Promise<string>;
}

/** A pull request on its way from its first plan to the release of its lock, told step by step. */
export class Story {
  /** Chosen in this run, so that what comes back cannot be from another. */
  private readonly value = `hello-${randomBytes(4).toString('hex')}`;

  constructor(
    private readonly forge: Forge,
    private readonly server: Server,
  ) {}

  async tell(): Promise<void> {
    const pull = await this.openPullRequest();
    const plan = await this.awaitPlan(pull);
    const refusal = await this.applyTooEarly(pull, plan);
    await step('a second user approves', () => pull.approve(this.forge.reviewer));
    await this.apply(pull, refusal);
    await this.mergeAndRelease(pull);
  }

  private async openPullRequest(): Promise<PullRequest> {
    const { forge, server } = this;
    return step(`opening a pull request that adds ${this.value}`, async () => {
      const repository = await forge.createRepository(ORGANIZATION, REPOSITORY);
      await repository.addWebhook({ url: server.webhookUrl, secret: await server.webhookSecret() });
      await repository.commit(forge.author, 'Add a greeting', { 'main.tf': configuration(this.value) }, BRANCH);
      const pull = await repository.openPullRequest(forge.author, BRANCH, 'Add a greeting');
      note(`${pull.address.replace(FORGE_URL, forge.url)} (user ${forge.author.name}, password ${forge.author.password})`);
      return pull;
    });
  }

  private async awaitPlan(pull: PullRequest): Promise<Comment> {
    return step('waiting for the plan', async () => {
      const plan = await pull.awaitComment(this.forge.atlantis, { seconds: ANSWER_WITHIN, what: 'the plan comment' });
      show(plan);
      expect(plan, this.value, 'the plan');
      await this.expectLocks(1);
      return plan;
    });
  }

  private async command(pull: PullRequest, text: string): Promise<Comment> {
    const asked = await pull.comment(this.forge.author, text);
    return pull.awaitComment(this.forge.atlantis, { after: asked, seconds: ANSWER_WITHIN, what: `the answer to \`${text}\`` });
  }

  private async applyTooEarly(pull: PullRequest, plan: Comment): Promise<Comment> {
    return step('`atlantis apply` before approval is refused', async () => {
      const refusal = await this.command(pull, 'atlantis apply');
      show(refusal);
      expect(refusal, /must be approved/i, 'an apply without approval');
      if (refusal.id <= plan.id) {
        throw new Failure('the refusal is older than the plan');
      }
      return refusal;
    });
  }

  private async apply(pull: PullRequest, refusal: Comment): Promise<void> {
    await step('`atlantis apply` after approval', async () => {
      const result = await this.command(pull, 'atlantis apply');
      show(result);
      expect(result, 'Apply complete! Resources: 1 added', 'the apply');
      expect(result, this.value, 'the apply');
      if (result.id <= refusal.id) {
        throw new Failure('the result is older than the refusal');
      }
    });
  }

  private async mergeAndRelease(pull: PullRequest): Promise<void> {
    await step('merging, which releases the lock', async () => {
      await pull.merge(this.forge.author);
      await this.expectLocks(0);
      note('the server lists no lock on its own port');
    });
  }

  private async locks(): Promise<number> {
    const response = await fetch(`${await this.server.address()}/api/locks`);
    const { Locks, locks } = (await response.json()) as { Locks?: unknown[]; locks?: unknown[] };
    return (Locks ?? locks ?? []).length;
  }

  private async expectLocks(count: number): Promise<void> {
    await waitFor(count === 0 ? 'the release of the lock' : 'the lock', 20, async () =>
      (await this.locks()) === count ? true : undefined,
    );
  }
}
