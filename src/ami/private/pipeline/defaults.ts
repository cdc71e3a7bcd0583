import { ImageBuilds } from '../../image-builds';
import { ImageLifecycle } from '../../image-lifecycle';
import { ImageNotifications } from '../../image-notifications';
import { ImagePromotion } from '../../image-promotion';
import { VolumeBackup } from '../../volume-backup';
import { VulnerabilityScan } from '../../vulnerability-scan';
import type { PipelineChoices } from './pipeline-config';

export function withDefaults(choices: PipelineChoices) {
  return {
    builder: choices.builder ?? {},
    builds: choices.builds ?? [ImageBuilds.afterDeploy(), ImageBuilds.onSchedule()],
    scan: choices.scan ?? VulnerabilityScan.off(),
    distribution: choices.distribution ?? [],
    promotion: choices.promotion ?? ImagePromotion.automatic(),
    lifecycle: choices.lifecycle ?? ImageLifecycle.keep(),
    volumes: { key: choices.volumes?.key, backup: choices.volumes?.backup ?? VolumeBackup.daily() },
    notifications: choices.notifications ?? ImageNotifications.none(),
  };
}
