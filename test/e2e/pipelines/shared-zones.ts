// Keeps the zones, and the rides as they come.
import { pipeline, table } from 'millrace';
import { rides, zones } from './shared-topics.ts';

export default pipeline('zones', { tables: [zones, table('plain_rides', rides, { key: 'n' })] });
