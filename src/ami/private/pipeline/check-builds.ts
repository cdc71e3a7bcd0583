import type { Construct } from 'constructs';
import type { Problems } from '../../../validation/problems';
import type { ImageBuilds } from '../../image-builds';

export function checkBuilds(scope: Construct, builds: readonly ImageBuilds[], problems: Problems): void {
  for (const build of builds) build._validate(scope, problems);
  const configs = builds.map((build) => build._bind());
  if (configs.filter(({ schedule }) => schedule).length > 1) {
    problems.add(scope, 'builds', 'got two schedules, of which a pipeline has one; give one, whose expression names all times');
  }
  const bare = configs.filter((config) => Object.keys(config).length === 0).length;
  if (configs.length === 0) {
    problems.add(scope, 'builds', 'got an empty list; give ImageBuilds.onDemand() if nothing is to start a build by itself');
  } else if (bare > 0 && configs.length > bare) {
    problems.add(scope, 'builds', 'got ImageBuilds.onDemand() beside others, which start builds by themselves; leave it out');
  }
  if (configs.some(({ afterDeploy }) => afterDeploy) && configs.some(({ duringDeploy }) => duringDeploy)) {
    problems.add(scope, 'builds', 'got a build during and one after the deployment, of the same image; give one of them');
  }
}
