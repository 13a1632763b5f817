// The layout of the MTA's bus files: which column of the header belongs to which field, in the order of the file.

/** Headers of the 17 columns, by field. */
export const headers = {
  recorded_at: 'RecordedAtTime',
  direction: 'DirectionRef',
  line: 'PublishedLineName',
  origin: 'OriginName',
  origin_latitude: 'OriginLat',
  origin_longitude: 'OriginLong',
  destination: 'DestinationName',
  destination_latitude: 'DestinationLat',
  destination_longitude: 'DestinationLong',
  vehicle: 'VehicleRef',
  latitude: 'VehicleLocation.Latitude',
  longitude: 'VehicleLocation.Longitude',
  next_stop: 'NextStopPointName',
  proximity: 'ArrivalProximityText',
  distance_m: 'DistanceFromStop',
  expected_at: 'ExpectedArrivalTime',
  scheduled: 'ScheduledArrivalTime',
} as const;
