/**
 * What Image Builder's lifecycle policies delete, after AWS's page on the rules.
 *
 * @see https://docs.aws.amazon.com/imagebuilder/latest/userguide/image-lifecycle-rules.html
 */

/** An image with its AMI. */
export interface KeptImage {
  readonly id: string;
  readonly recipe: string;
  readonly version: string;
  readonly ageInDays: number;
  readonly status?: 'AVAILABLE' | 'FAILED' | 'CANCELLED' | 'BUILDING' | 'TESTING' | 'DISTRIBUTING';
  readonly amiTags?: { readonly [key: string]: string };
  readonly lastLaunchedDaysAgo?: number;
  readonly sharedWith?: readonly string[];
  readonly region?: string;
}

// biome-ignore lint/suspicious/noExplicitAny: templates have no types
type Policy = any;

/** The AMIs that a policy, as its template has it, deregisters. */
export function deletedBy({ ResourceType, Status, ResourceSelection, PolicyDetails }: Policy, images: readonly KeptImage[]): string[] {
  if (ResourceType !== 'AMI_IMAGE' || Status !== 'ENABLED') throw new Error('not a policy that is known here');
  const selected = images.filter(({ recipe, version }) =>
    ResourceSelection.Recipes.some(
      ({ Name, SemanticVersion }: { Name: string; SemanticVersion: string }) => Name === recipe && fits(SemanticVersion, version),
    ),
  );
  return PolicyDetails.flatMap((detail: Policy) => deletedByRule(detail, selected));
}

/** An x stands for any number. */
function fits(pattern: string, version: string): boolean {
  const numbers = version.split('.');
  return pattern.split('.').every((wanted, i) => wanted === 'x' || wanted === numbers[i]);
}

function deletedByRule({ Action, Filter, ExclusionRules }: Policy, selected: readonly KeptImage[]): string[] {
  if (Action.Type !== 'DELETE' || Filter.Type !== 'AGE' || Filter.Unit !== 'DAYS') throw new Error('not a rule that is known here');
  if (!Action.IncludeResources.Amis) return [];
  const versions = [...new Set(selected.map(({ version }) => version))];
  const eligible = versions.flatMap((version) => {
    const ended = selected.filter((image) => image.version === version && !isInProgress(image));
    const counted = ended.filter((image) => !hasFailed(image)).sort((one, other) => one.ageInDays - other.ageInDays);
    const old = counted.slice(Filter.RetainAtLeast ?? 0).filter(({ ageInDays }) => ageInDays > Filter.Value);
    // these count for nothing, and always qualify
    return [...ended.filter(hasFailed), ...old];
  });
  return eligible.filter((image) => !isExcluded(ExclusionRules?.Amis ?? {}, image)).map(({ id }) => id);
}

const hasFailed = ({ status }: KeptImage): boolean => status === 'FAILED' || status === 'CANCELLED';

const isInProgress = ({ status }: KeptImage): boolean => status === 'BUILDING' || status === 'TESTING' || status === 'DISTRIBUTING';

/** The first condition that fits keeps the AMI. */
function isExcluded({ TagMap = {}, SharedAccounts = [], Regions = [], LastLaunched }: Policy, image: KeptImage): boolean {
  if (Object.entries(TagMap).some(([key, value]) => image.amiTags?.[key] === value)) return true;
  if (Regions.includes(image.region)) return true;
  if (SharedAccounts.some((account: string) => image.sharedWith?.includes(account))) return true;
  return LastLaunched !== undefined && image.lastLaunchedDaysAgo !== undefined && image.lastLaunchedDaysAgo <= LastLaunched.Value;
}
