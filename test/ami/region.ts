import { IN_USE_TAG } from '../../src/ami/private/pipeline/image-tags';
import type { Service } from './states';

// biome-ignore lint/suspicious/noExplicitAny: calls have no types
type Any = any;

interface Version {
  VersionNumber: number;
  DefaultVersion: boolean;
  VersionDescription?: string;
  LaunchTemplateData: { ImageId?: string; InstanceType?: string };
}

/** What promotions work with in a region: images, launch templates and parameters, as EC2 and Systems Manager keep them. */
export class Region {
  public readonly images: { [id: string]: { tags: { [key: string]: string }; state: string } } = {};
  public readonly templates: { [id: string]: Version[] } = {};
  public readonly parameters: { [name: string]: string[] } = {};
  public readonly calls: string[] = [];
  public running = ['execution-1'];
  /** The machines, with the image that each was started from. */
  public readonly machines: { image: string; state: string }[] = [];
  /** The images of each build. */
  public readonly builds: { [arn: string]: string[] } = {};

  public image(id: string, tags: { [key: string]: string } = { 'cdk-atlantis:image': 'golden' }, state = 'available'): void {
    this.images[id] = { tags: { ...tags }, state };
  }

  public get inUse(): string[] {
    return Object.keys(this.images).filter((id) => this.images[id].tags[IN_USE_TAG] === 'true');
  }

  /** The images that a template's versions name. */
  public named(template: string): (string | undefined)[] {
    return this.templates[template].map(({ LaunchTemplateData }) => LaunchTemplateData.ImageId);
  }

  public get service(): Service {
    return (name, parameters) => {
      this.calls.push(name);
      const answer = this.answers[name];
      if (!answer) throw new Error(`${name} is not known here`);
      return answer(parameters);
    };
  }

  private readonly answers: { readonly [name: string]: (parameters: Any) => Any } = {
    'sfn:listExecutions': () => ({ Executions: this.running.map((ExecutionArn) => ({ ExecutionArn })) }),
    'ssm:getParameter': ({ Name }) => {
      const [name, version] = Name.split(':');
      const values = this.parameters[name] ?? [];
      const value = version === undefined ? values[values.length - 1] : values[Number(version) - 1];
      if (value === undefined) throw new Error(`ParameterNotFound: ${Name}`);
      return { Parameter: { Name: name, Value: value } };
    },
    'imagebuilder:getImage': ({ ImageBuildVersionArn }) => ({
      Image: { OutputResources: { Amis: this.builds[ImageBuildVersionArn].map((Image) => ({ Image })) } },
    }),
    'ssm:putParameter': ({ Name, Value }) => {
      this.parameters[Name] = [...(this.parameters[Name] ?? []), Value];
      return { Version: this.parameters[Name].length };
    },
    'ec2:describeImages': ({ ImageIds, Filters }) => ({
      Images: Object.entries(this.images)
        .filter(([id]) => ImageIds === undefined || ImageIds.includes(id))
        .filter(([, image]) => Filters.every(({ Name, Values }: Any) => Values.includes(filtered(image, Name))))
        .map(([ImageId]) => ({ ImageId })),
    }),
    'ec2:createTags': ({ Resources, Tags }) => {
      for (const { Key, Value } of Tags) this.images[Resources[0]].tags[Key] = Value;
    },
    'ec2:deleteTags': ({ Resources, Tags }) => {
      for (const { Key } of Tags) delete this.images[Resources[0]].tags[Key];
    },
    'ec2:createLaunchTemplateVersion': ({ LaunchTemplateId, VersionDescription, LaunchTemplateData }) => {
      const versions = this.templates[LaunchTemplateId];
      const newest = versions[versions.length - 1];
      const version = {
        VersionNumber: newest.VersionNumber + 1,
        DefaultVersion: false,
        VersionDescription,
        LaunchTemplateData: { ...newest.LaunchTemplateData, ...LaunchTemplateData },
      };
      versions.push(version);
      return { LaunchTemplateVersion: version };
    },
    'ec2:modifyLaunchTemplate': ({ LaunchTemplateId, DefaultVersion }) => {
      for (const version of this.templates[LaunchTemplateId]) version.DefaultVersion = `${version.VersionNumber}` === DefaultVersion;
    },
    'ec2:describeInstances': ({ Filters, NextToken }) => {
      const found = this.machines.filter(({ image, state }) => Filters[0].Values.includes(image) && Filters[1].Values.includes(state));
      return paged(found, 'Reservations', NextToken);
    },
    'ec2:describeLaunchTemplateVersions': ({ LaunchTemplateId, Versions, Filters, NextToken }) => {
      const names = ({ LaunchTemplateData }: Version) => Filters[0].Values.includes(LaunchTemplateData.ImageId);
      if (LaunchTemplateId) return { LaunchTemplateVersions: this.templates[LaunchTemplateId].filter(names) };
      if (`${Versions}` !== '$Latest,$Default') throw new Error('without a template only the newest and the default versions are told');
      const asked = Object.values(this.templates).flatMap((versions) =>
        versions.filter((v, i) => v.DefaultVersion || i === versions.length - 1),
      );
      return paged(asked.filter(names), 'LaunchTemplateVersions', NextToken);
    },
    'ec2:deleteLaunchTemplateVersions': ({ LaunchTemplateId, Versions }) => {
      const versions = this.templates[LaunchTemplateId];
      const i = versions.findIndex(({ VersionNumber, DefaultVersion }) => `${VersionNumber}` === Versions[0] && !DefaultVersion);
      if (i >= 0) versions.splice(i, 1);
    },
  };
}

function filtered({ tags, state }: { tags: { [key: string]: string }; state: string }, filter: string): string | undefined {
  return filter === 'state' ? state : tags[filter.replace(/^tag:/, '')];
}

/** What is found is on the second page, as EC2 may have it. */
const paged = (found: object[], list: string, token?: string) => (token ? { [list]: found } : { [list]: [], NextToken: 'second' });
