# Generated from the field tables of vdetool. Do not edit.
meta:
  id: dwvd
  title: DWVD v2 volume image
  file-extension: dwvd
  endian: le
doc: |
  A volume image: blocks of one size, each with a trailer of 16 bytes. Blocks 0 to 3 are the primary
  superblock group, blocks 4 to 7 its mirror, blocks 8 and 9 the region directory. Checksums are not
  verified, and the journal is not replayed.
instances:
  superblock:
    pos: 0
    type: superblock
  block_size:
    value: superblock.block_size
  payload_size:
    value: block_size - 16
  slots_per_block:
    value: 'payload_size / 32 < 127 ? payload_size / 32 : 127'
  primary_group:
    pos: 0
    type: group
  mirror_group:
    pos: 4 * block_size
    type: group
  directory:
    pos: 8 * block_size
    type: directory
  regions:
    type: region(_index)
    repeat: expr
    repeat-expr: slots_per_block
types:
  group:
    seq:
      - id: superblock_block
        size: _root.block_size
        type: superblock_block
      - id: slots
        size: _root.block_size
        type: slots_block
      - id: extended_metadata_block
        size: _root.block_size
        type: extended_metadata_block
      - id: integrity_anchor_block
        size: _root.block_size
        type: integrity_anchor_block
  superblock_block:
    seq:
      - id: superblock
        type: superblock
    instances:
      header_seal:
        pos: _io.size - 48
        size: 32
      trailer:
        pos: _io.size - 16
        type: trailer
  slots_block:
    seq:
      - id: slots
        type: region_slot
        repeat: expr
        repeat-expr: _root.slots_per_block
    instances:
      trailer:
        pos: _io.size - 16
        type: trailer
  extended_metadata_block:
    doc: The structure is cut off in blocks of 512 and 1024 bytes.
    seq:
      - id: extended_metadata
        type: extended_metadata
        if: _io.size >= 1472
    instances:
      trailer:
        pos: _io.size - 16
        type: trailer
  integrity_anchor_block:
    seq:
      - id: integrity_anchor
        type: integrity_anchor
    instances:
      trailer:
        pos: _io.size - 16
        type: trailer
  directory:
    seq:
      - id: slots
        size: _root.block_size
        type: slots_block
      - id: header
        type: region_directory
  region:
    doc: The region of a slot of the primary group.
    params:
      - id: index
        type: s4
    instances:
      slot:
        value: _root.primary_group.slots.slots[index]
      is_used:
        value: slot.flags & 1 != 0
      blocks:
        pos: slot.start * _root.block_size
        size: _root.block_size
        type: block(_index)
        repeat: expr
        repeat-expr: slot.count
        if: is_used
      first:
        pos: slot.start * _root.block_size
        size: _root.block_size
        type: block(0)
        if: is_used
  block:
    params:
      - id: index
        type: s4
        doc: of the block in its region
    instances:
      trailer:
        pos: _io.size - 16
        type: trailer
      is_first:
        value: index == 0
      payload:
        pos: 0
        size: _io.size - 16
      head:
        doc: The payload of the first block of a region.
        pos: 0
        size: _io.size - 16
        if: is_first
        type:
          switch-on: trailer.tag
          cases:
            'block_type::tagi': tag_table
            'block_type::btre': tag_table
            'block_type::snap': snapshot_table
            'block_type::code': module_table
            'block_type::polv': policy_table
            'block_type::encr': encryption_table
            'block_type::inod': inode_table
            'block_type::mwal': write_ahead_log
            'block_type::dwal': write_ahead_log
            'block_type::mtrk': integrity_tree
            'block_type::mlog': metrics_table
            'block_type::xref': cross_references_table
            'block_type::anon': anonymization_table_table
            'block_type::alog': audit_log_table
            'block_type::cmvt': compliance_vault_table
            'block_type::clog': consensus_log_table
            'block_type::dict': dictionary_table_table
            'block_type::inte': intelligence_cache_table
            'block_type::opjr': operation_journal_table
            'block_type::raid': raid_metadata_table
            'block_type::repl': replication_state_table
            'block_type::stre': streaming_append_table
            'block_type::wals': wal_subscribers_table
            'block_type::worm': write_once_log_table
            'block_type::znsm': zone_map_table
      node:
        doc: A node of the tag index.
        pos: 0
        size: _io.size - 16
        type: tag_node
        if: not is_first and (trailer.tag == block_type::tagi or trailer.tag == block_type::btre)
      snapshots:
        pos: 0
        size: _io.size - 16
        type: snapshot_entries
        if: not is_first and trailer.tag == block_type::snap
      modules:
        pos: 0
        size: _io.size - 16
        type: module_entries
        if: not is_first and trailer.tag == block_type::code
  guid:
    doc: In the order of .NET.
    seq:
      - id: data1
        type: u4
      - id: data2
        type: u2
      - id: data3
        type: u2
      - id: data4
        size: 8
    instances:
      is_zero:
        value: data1 == 0 and data2 == 0 and data3 == 0 and data4 == [0, 0, 0, 0, 0, 0, 0, 0]
  tag_table:
    seq:
      - id: header
        type: tag_index
      - id: bloom_filter
        size: '(header.bloom_bits + 7) / 8'
        if: header.bloom_bits > 0 and (header.bloom_bits + 7) / 8 <= _io.size - 16
  tag_node:
    seq:
      - id: is_leaf
        type: u1
      - id: count
        type: u2
      - id: entries
        type: tag_entry
        repeat: expr
        repeat-expr: count
        if: is_leaf == 1
      - id: separators
        type: tag_separator
        repeat: expr
        repeat-expr: count
        if: is_leaf == 0
      - id: children
        doc: Blocks, counted from the start of the region.
        type: s4
        repeat: expr
        repeat-expr: count + 1
        if: is_leaf == 0
    instances:
      next_leaf:
        doc: A block, counted from the start of the region. 0 in the last leaf.
        pos: _io.size - 4
        type: s4
        if: is_leaf == 1
  tag_entry:
    seq:
      - id: key_length
        type: u1
      - id: key
        size: key_length
      - id: value_length
        type: u1
      - id: value
        size: value_length
      - id: inode
        type: s8
      - id: block
        type: s8
  tag_separator:
    seq:
      - id: length
        type: u1
      - id: key
        size: length
  snapshot_table:
    seq:
      - id: header
        type: packed_table
      - id: entries
        type: snapshot_entries
  snapshot_entries:
    doc: The last entry may be the padding of the block.
    seq:
      - id: entries
        type: snapshot
        repeat: until
        repeat-until: _io.size - _io.pos < 68 or _.id.is_zero
  module_table:
    seq:
      - id: header
        type: packed_table
      - id: entries
        type: module_entries
  module_entries:
    doc: The last entry may be the padding of the block.
    seq:
      - id: entries
        type: module
        repeat: until
        repeat-until: _io.size - _io.pos < 76 or _.block_count == 0
  policy_table:
    seq:
      - id: header
        type: policy_vault
      - id: entries
        type: policy
        repeat: expr
        repeat-expr: header.count
  encryption_table:
    seq:
      - id: header
        type: encryption_header
      - id: slots
        type: key_slot
        repeat: expr
        repeat-expr: '(_io.size - 8) / 124 < 63 ? (_io.size - 8) / 124 : 63'
  inode_table:
    seq:
      - id: header
        type: inode_layout
      - id: fields
        type: inode_module_field
        repeat: expr
        repeat-expr: header.field_count
  metrics_table:
    instances:
      magic:
        pos: 0
        type: u8
      log:
        pos: 0
        type: metrics_log_table
        if: magic != 0x4d45545249435300
      log_of_revision_2_1:
        pos: 0
        type: metrics_log_of_revision_2_1_table
        if: magic == 0x4d45545249435300
  trailer:
    doc: |
      The last 16 bytes of a block. The checksum is XXH64 of the bytes before it.
    seq:
      - id: tag
        type: u4
        enum: block_type
      - id: generation
        type: u4
      - id: checksum
        type: u8
  superblock:
    doc: |
      Block 0, and its mirror in block 4.
    seq:
      - id: signature
        size: 4
      - id: major_version
        type: u1
      - id: minor_version
        type: u1
      - id: spec_revision
        type: u2
      - id: namespace_anchor
        size: 8
      - id: min_reader_version
        type: u2
      - id: min_writer_version
        type: u2
      - id: incompatible_features
        type: u4
      - id: readonly_compatible_features
        type: u4
      - id: compatible_features
        type: u4
      - id: module_manifest
        type: u4
      - id: module_config
        type: u8
      - id: module_config_ext
        type: u8
      - id: block_size
        type: s4
      - id: total_blocks
        type: s8
      - id: free_blocks
        type: s8
      - id: expected_file_size
        type: s8
      - id: total_allocated_blocks
        type: s8
      - id: uuid
        type: guid
      - id: cluster_node_id
        type: guid
      - id: default_compression
        type: u1
      - id: default_encryption
        type: u1
      - id: default_checksum
        type: u1
      - id: padding
        type: u1
      - id: inode_size
        type: u2
      - id: sovereignty_zone_id
        type: u2
      - id: policy_version
        type: u4
      - id: replication_epoch
        type: u4
      - id: worm_high_water_mark
        type: u8
      - id: encryption_key_fingerprint
        type: u8
      - id: label
        size: 64
      - id: created_ticks
        type: s8
      - id: modified_ticks
        type: s8
      - id: last_scrub_ticks
        type: s8
      - id: checkpoint_sequence
        type: s8
      - id: error_map_block_count
        type: u8
      - id: last_writer_session_id
        type: guid
      - id: last_writer_ticks
        type: s8
      - id: last_writer_node_id
        type: guid
      - id: physical_allocated_blocks
        type: u8
  region_slot:
    doc: |
      The place of a region. All zeros: the slot is free.
    seq:
      - id: tag
        type: u4
        enum: block_type
      - id: flags
        type: u4
      - id: start
        type: s8
      - id: count
        type: s8
      - id: used
        type: s8
  region_directory:
    doc: |
      Block 9. The slots are in block 8.
    seq:
      - id: version
        type: u2
      - id: slot_count
        type: u2
      - id: active_count
        type: u2
      - id: reserved
        type: u2
      - id: slots_checksum
        type: u8
  extended_metadata:
    doc: |
      Block 2, and its mirror in block 6.
    seq:
      - id: namespace_prefix
        size: 32
      - id: namespace_uuid
        type: guid
      - id: namespace_authority
        size: 64
      - id: namespace_signature
        size: 64
      - id: version_vector
        size: 256
      - id: sovereignty_zone_config
        size: 128
      - id: raid_layout_summary
        size: 128
      - id: streaming_config
        size: 128
      - id: fabric_namespace_root
        size: 256
      - id: tier_policy_digest
        size: 128
      - id: ai_metadata_summary
        size: 128
      - id: billing_meter_snapshot
        size: 128
  integrity_anchor:
    doc: |
      Block 3, and its mirror in block 7.
    seq:
      - id: merkle_root_hash
        size: 32
      - id: policy_vault_hash
        size: 32
      - id: inode_table_hash
        size: 32
      - id: tag_index_hash
        size: 32
      - id: hash_chain_counter
        type: s8
      - id: hash_chain_head
        size: 64
      - id: blockchain_anchor
        size: 64
      - id: sbom_digest
        size: 32
      - id: format_fingerprint
        size: 32
      - id: metadata_chain_hash
        size: 32
      - id: chain_generation
        type: s8
      - id: chain_ticks
        type: s8
  write_ahead_log:
    doc: |
      The first bytes of a write-ahead log.
    seq:
      - id: type
        type: u1
      - id: reserved
        type: u1
      - id: version
        type: u4
      - id: sequence_start
        type: s8
      - id: sequence_end
        type: s8
      - id: head_offset
        type: s8
      - id: tail_offset
        type: s8
      - id: total_entries
        type: s8
      - id: max_blocks
        type: s8
      - id: used_blocks
        type: s8
      - id: created_ticks
        type: s8
      - id: last_checkpoint_ticks
        type: s8
      - id: checkpoint_interval
        type: u4
      - id: clean
        type: u1
  tag_index:
    doc: |
      The first bytes of a tag index; its filter follows.
    seq:
      - id: entry_count
        type: s4
      - id: depth
        type: s2
      - id: bloom_bits
        type: s4
      - id: bloom_hashes
        type: u1
      - id: reserved
        size: 5
  packed_table:
    doc: |
      The first bytes of SNAP and CODE.
    seq:
      - id: count
        type: s4
      - id: reserved
        size: 12
  snapshot:
    doc: |
      An entry of SNAP.
    seq:
      - id: id
        type: guid
      - id: parent
        type: guid
      - id: created_ticks
        type: s8
      - id: inode_table_start
        type: s8
      - id: inode_table_blocks
        type: s8
      - id: data_blocks
        type: s8
      - id: flags
        type: u2
      - id: label_length
        type: u2
      - id: label
        size: label_length
  module:
    doc: |
      An entry of CODE.
    seq:
      - id: hash
        size: 32
      - id: id
        type: guid
      - id: first_block
        type: s8
      - id: block_count
        type: s4
      - id: size
        type: s4
      - id: abi
        type: u2
      - id: registered_ticks
        type: s8
      - id: entry_point_length
        type: u2
      - id: entry_point
        size: entry_point_length
  policy_vault:
    doc: |
      The first bytes of POLV.
    seq:
      - id: count
        type: s4
  policy:
    doc: |
      An entry of POLV.
    seq:
      - id: id
        type: guid
      - id: type
        type: u2
      - id: version
        type: u2
      - id: created_ticks
        type: s8
      - id: modified_ticks
        type: s8
      - id: data_length
        type: s4
      - id: data
        size: data_length
  policy_vault_seal:
    doc: |
      The second block of POLV.
    seq:
      - id: hmac
        size: 32
  encryption_header:
    doc: |
      The first bytes of ENCR.
    seq:
      - id: active_slot
        type: u1
      - id: active_slots
        type: u1
      - id: rotation_events
        type: u2
      - id: reserved
        size: 4
  key_slot:
    doc: |
      A key slot of ENCR. All zeros: the slot is empty.
    seq:
      - id: index
        type: u1
      - id: status
        type: u1
      - id: algorithm
        type: u2
      - id: wrapped_key
        size: 64
      - id: salt
        size: 32
      - id: kdf_iterations
        type: u4
      - id: kdf
        type: u2
      - id: reserved
        type: u2
      - id: created_ticks
        type: s8
      - id: retired_ticks
        type: s8
  key_rotation:
    doc: |
      A key rotation, after the key slots of the second block.
    seq:
      - id: ticks
        type: s8
      - id: old
        type: u1
      - id: new
        type: u1
      - id: reason
        type: u2
  integrity_tree:
    doc: |
      The first bytes of MTRK; the nodes follow it.
    seq:
      - id: leaf_count
        type: s4
      - id: capacity
        type: s4
      - id: root
        size: 32
  inode_layout:
    doc: |
      The first bytes of INOD.
    seq:
      - id: inode_size
        type: u2
      - id: core_end
        type: u2
      - id: field_count
        type: u1
      - id: padding
        type: u1
      - id: reserved
        type: u2
  inode_module_field:
    doc: |
      The field of a module in every inode.
    seq:
      - id: module
        type: u1
      - id: offset
        type: u2
      - id: size
        type: u2
      - id: version
        type: u1
      - id: flags
        type: u1
  inode_extent:
    doc: |
      Eight of them are in an inode.
    seq:
      - id: start
        type: s8
      - id: count
        type: s4
      - id: flags
        type: u4
      - id: logical_offset
        type: s8
  inode:
    doc: |
      The part that all inodes have.
    seq:
      - id: number
        type: s8
      - id: type
        type: u1
      - id: flags
        type: u1
      - id: permissions
        type: u2
      - id: link_count
        type: s4
      - id: owner
        type: guid
      - id: size
        type: s8
      - id: allocated_size
        type: s8
      - id: created_ticks
        type: s8
      - id: modified_ticks
        type: s8
      - id: accessed_ticks
        type: s8
      - id: changed_ticks
        type: s8
      - id: extent_count
        type: s4
      - id: extents
        size: 192
      - id: indirect_block
        type: s8
      - id: double_indirect_block
        type: s8
      - id: attribute_block
        type: s8
      - id: reserved
        size: 4
  anonymization_table:
    doc: |
      The first bytes of a region of type ANON.
    seq:
      - id: mapping_count
        type: s4
      - id: reserved
        size: 12
  anonymization_table_mapping:
    doc: |
      A record of the anonymization table.
    seq:
      - id: id
        type: guid
      - id: subject
        type: guid
      - id: pii_type
        type: u2
      - id: pii_hash
        size: 32
      - id: token
        size: 32
      - id: created_ticks
        type: s8
      - id: flags
        type: u2
  audit_log:
    doc: |
      The first bytes of a region of type ALOG.
    seq:
      - id: entry_count
        type: s8
      - id: next_sequence
        type: s8
  audit_log_audit_entry:
    doc: |
      A record of the audit log.
    seq:
      - id: sequence
        type: s8
      - id: ticks
        type: s8
      - id: actor
        type: guid
      - id: event
        type: u2
      - id: target
        type: guid
      - id: previous_hash
        size: 32
      - id: details_length
        type: s4
      - id: details
        size: details_length
  compliance_vault:
    doc: |
      The first bytes of a region of type CMVT.
    seq:
      - id: passport_count
        type: s4
      - id: reserved
        size: 12
  compliance_vault_passport:
    doc: |
      A record of the compliance vault.
    seq:
      - id: id
        type: guid
      - id: object
        type: guid
      - id: framework
        type: u2
      - id: status
        type: u2
      - id: issued_ticks
        type: s8
      - id: expires_ticks
        type: s8
      - id: verified_ticks
        type: s8
      - id: issuer_length
        type: s4
      - id: issuer
        size: issuer_length
      - id: notes_length
        type: s4
      - id: notes
        size: notes_length
      - id: signature
        size: 64
  consensus_log:
    doc: |
      The first bytes of a region of type CLOG.
    seq:
      - id: group_count
        type: s4
      - id: reserved
        size: 12
  consensus_log_consensus_group:
    doc: |
      A record of the consensus log.
    seq:
      - id: group
        type: guid
      - id: term
        type: s8
      - id: committed
        type: s8
      - id: applied
        type: s8
      - id: voted_for
        type: guid
      - id: leader
        type: guid
      - id: members
        type: u1
      - id: heartbeat_ticks
        type: s8
      - id: updated_ticks
        type: s8
  dictionary_table:
    doc: |
      The first bytes of a region of type DICT.
    seq:
      - id: dictionary_count
        type: s4
      - id: reserved
        size: 12
  dictionary_table_dictionary:
    doc: |
      A record of the dictionary table.
    seq:
      - id: id
        type: u2
      - id: algorithm
        type: u2
      - id: first_block
        type: s8
      - id: block_count
        type: s4
      - id: size
        type: s4
      - id: trained_ticks
        type: s8
      - id: samples
        type: s8
      - id: hash
        size: 32
  federation_table:
    doc: |
      The first bytes of a region of type XREF.
    seq:
      - id: place_count
        type: s4
      - id: volume_count
        type: s4
      - id: local_region
        type: u2
      - id: reserved
        size: 6
  federation_table_place:
    doc: |
      A record of the federation table.
    seq:
      - id: id
        type: u2
      - id: name_length
        type: u2
      - id: name
        size: name_length
      - id: latitude
        type: f8
      - id: longitude
        type: f8
  federation_table_federated_volume:
    doc: |
      A record of the federation table.
    seq:
      - id: vde
        type: guid
      - id: geo_region
        type: u2
      - id: path_length
        type: u2
      - id: path
        size: path_length
      - id: seen_ticks
        type: s8
      - id: latency_ms
        type: u2
      - id: replicas
        type: u1
      - id: status
        type: u1
  intelligence_cache:
    doc: |
      The first bytes of a region of type INTE.
    seq:
      - id: entry_count
        type: s4
      - id: reserved
        size: 12
  intelligence_cache_cache_entry:
    doc: |
      A record of the intelligence cache.
    seq:
      - id: object
        type: guid
      - id: classification
        type: u2
      - id: confidence
        type: f4
      - id: heat
        type: f4
      - id: tier
        type: u1
      - id: classified_ticks
        type: s8
      - id: accessed_ticks
        type: s8
  metrics_log:
    doc: |
      The first bytes of a region of type MLOG.
    seq:
      - id: sample_count
        type: s8
      - id: max_capacity
        type: s8
      - id: compaction_threshold
        type: f8
      - id: reserved
        size: 8
  metrics_log_sample:
    doc: |
      A record of the metrics log.
    seq:
      - id: metric
        type: u2
      - id: ticks
        type: s8
      - id: value
        type: f8
      - id: aggregation
        type: u1
  metrics_log_of_revision_2_1:
    doc: |
      The first bytes of a region of type MLOG.
    seq:
      - id: magic
        size: 8
      - id: entry_count
        type: u8
      - id: oldest
        type: u8
      - id: newest
        type: u8
      - id: distinct_metrics
        type: u2
      - id: retention_seconds_low
        type: u2
      - id: downsample
        type: u2
  metrics_log_of_revision_2_1_measure:
    doc: |
      A record of the metrics log of revision 2.1.
    seq:
      - id: nanoseconds
        type: u8
      - id: metric
        type: u2
      - id: raw
        type: u8
  operation_journal:
    doc: |
      The first bytes of a region of type OPJR.
    seq:
      - id: magic
        size: 8
      - id: active
        type: u4
      - id: total
        type: u4
      - id: oldest_active
        type: u8
      - id: newest
        type: u8
      - id: last_checkpoint_ns
        type: u8
      - id: reserved
        size: 24
  operation_journal_operation:
    doc: |
      A record of the operation journal.
    seq:
      - id: id
        type: u8
      - id: type
        type: u1
      - id: state
        type: u1
      - id: flags
        type: u2
      - id: progress_ppm
        type: u4
      - id: start_ticks
        type: s8
      - id: update_ticks
        type: s8
      - id: estimated_end_ticks
        type: s8
      - id: source
        type: u8
      - id: target
        type: u8
      - id: total_units
        type: u8
      - id: completed_units
        type: u8
      - id: checkpoint_data
        type: u8
      - id: payload
        size: 32
      - id: reserved
        size: 16
  raid_metadata:
    doc: |
      The first bytes of a region of type RAID.
    seq:
      - id: strategy
        type: u1
      - id: stripe_size
        type: s4
      - id: data_shards
        type: u1
      - id: parity_shards
        type: u1
      - id: shard_count
        type: u1
      - id: parity_count
        type: u2
      - id: rebuild_count
        type: u1
      - id: reserved
        size: 5
  raid_metadata_shard:
    doc: |
      A record of the raid metadata.
    seq:
      - id: device
        type: guid
      - id: start_block
        type: s8
      - id: block_count
        type: s8
      - id: status
        type: u1
      - id: reserved
        size: 3
      - id: stripe_index
        type: s4
  raid_metadata_parity:
    doc: |
      A record of the raid metadata.
    seq:
      - id: stripe_group
        type: s4
      - id: parity_shard
        type: s4
      - id: type
        type: u1
      - id: reserved
        size: 3
  raid_metadata_rebuild:
    doc: |
      A record of the raid metadata.
    seq:
      - id: device
        type: guid
      - id: total_blocks
        type: s8
      - id: completed_blocks
        type: s8
      - id: last_rebuilt_block
        type: s8
      - id: start_ticks
        type: s8
      - id: update_ticks
        type: s8
      - id: status
        type: u1
      - id: reserved
        size: 3
      - id: errors
        type: s4
  cross_references:
    doc: |
      The first bytes of a region of type XREF.
    seq:
      - id: reference_count
        type: s4
      - id: reserved
        size: 12
  cross_references_reference:
    doc: |
      A record of the cross references.
    seq:
      - id: id
        type: guid
      - id: source
        type: guid
      - id: target
        type: guid
      - id: source_inode
        type: s8
      - id: target_inode
        type: s8
      - id: type
        type: u2
      - id: created_ticks
        type: s8
  replication_state:
    doc: |
      The first bytes of a region of type REPL.
    seq:
      - id: active_replicas
        type: u2
      - id: tracked_blocks
        type: s4
      - id: reserved
        size: 2
  replication_state_vector:
    doc: |
      A record of the replication state.
    seq:
      - id: replica
        type: guid
      - id: counter
        type: s8
      - id: ticks
        type: s8
  replication_state_watermark:
    doc: |
      A record of the replication state.
    seq:
      - id: replica
        type: guid
      - id: last_synced_block
        type: s8
      - id: last_synced_generation
        type: s8
      - id: sync_ticks
        type: s8
      - id: sync_status
        type: u1
      - id: reserved
        size: 3
      - id: pending_blocks
        type: s4
  role_table:
    doc: |
      The first bytes of a region of type XREF.
    seq:
      - id: assignment_count
        type: s4
      - id: reserved
        size: 12
  role_table_role_assignment:
    doc: |
      A record of the role table.
    seq:
      - id: vde
        type: guid
      - id: role
        type: u1
      - id: priority
        type: u1
      - id: capacity_blocks
        type: s8
      - id: used_blocks
        type: s8
      - id: read_only
        type: u1
      - id: padding
        size: 1
  streaming_append:
    doc: |
      The first bytes of a region of type STRE.
    seq:
      - id: max_capacity_blocks
        type: s8
      - id: allocated_blocks
        type: s8
      - id: write_head
        type: s8
      - id: read_tail
        type: s8
      - id: entry_count
        type: s8
      - id: growth_increment
        type: s4
  wal_subscribers:
    doc: |
      The first bytes of a region of type WALS.
    seq:
      - id: cursor_count
        type: s4
      - id: reserved
        size: 12
  wal_subscribers_cursor:
    doc: |
      A record of the wal subscribers.
    seq:
      - id: subscriber
        type: u8
      - id: epoch
        type: u8
      - id: sequence
        type: u8
      - id: flags
        type: u8
  write_once_log:
    doc: |
      The first bytes of a region of type WORM.
    seq:
      - id: high_water_mark
        type: s8
      - id: capacity_blocks
        type: s8
      - id: retention_ticks
        type: s8
      - id: created_ticks
        type: s8
      - id: record_count
        type: s4
      - id: reserved
        size: 4
  write_once_log_write_record:
    doc: |
      A record of the write-once log.
    seq:
      - id: block_index
        type: s8
      - id: ticks
        type: s8
      - id: data_length
        type: s4
      - id: content_hash
        size: 32
  zone_map_zone:
    doc: |
      A record of the zone map.
    seq:
      - id: epoch
        type: u8
      - id: zone
        type: u4
      - id: state
        type: u2
      - id: flags
        type: u2
  anonymization_table_table:
    doc: The records in the first block.
    seq:
      - id: header
        type: anonymization_table
      - id: mapping_list
        type: anonymization_table_mapping
        repeat: expr
        repeat-expr: 'header.mapping_count < (_io.size - _io.pos) / 108 ? header.mapping_count : (_io.size - _io.pos) / 108'
  audit_log_table:
    doc: The records in the first block.
    seq:
      - id: header
        type: audit_log
      - id: audit_entry_list
        type: audit_log_audit_entry
        repeat: until
        repeat-until: _index + 1 >= header.entry_count or _io.size - _io.pos < 86
        if: header.entry_count > 0
  compliance_vault_table:
    doc: The records in the first block.
    seq:
      - id: header
        type: compliance_vault
      - id: passport_list
        type: compliance_vault_passport
        repeat: until
        repeat-until: _index + 1 >= header.passport_count or _io.size - _io.pos < 132
        if: header.passport_count > 0
  consensus_log_table:
    doc: The records in the first block.
    seq:
      - id: header
        type: consensus_log
      - id: consensus_group_list
        type: consensus_log_consensus_group
        repeat: expr
        repeat-expr: 'header.group_count < (_io.size - _io.pos) / 89 ? header.group_count : (_io.size - _io.pos) / 89'
  dictionary_table_table:
    doc: The records in the first block.
    seq:
      - id: header
        type: dictionary_table
      - id: dictionary_list
        type: dictionary_table_dictionary
        repeat: expr
        repeat-expr: 'header.dictionary_count < (_io.size - _io.pos) / 68 ? header.dictionary_count : (_io.size - _io.pos) / 68'
  federation_table_table:
    doc: The records in the first block.
    seq:
      - id: header
        type: federation_table
      - id: place_list
        type: federation_table_place
        repeat: until
        repeat-until: _index + 1 >= header.place_count or _io.size - _io.pos < 20
        if: header.place_count > 0
      - id: federated_volume_list
        type: federation_table_federated_volume
        repeat: until
        repeat-until: _index + 1 >= header.volume_count or _io.size - _io.pos < 32
        if: header.volume_count > 0
  intelligence_cache_table:
    doc: The records in the first block.
    seq:
      - id: header
        type: intelligence_cache
      - id: cache_entry_list
        type: intelligence_cache_cache_entry
        repeat: expr
        repeat-expr: 'header.entry_count < (_io.size - _io.pos) / 43 ? header.entry_count : (_io.size - _io.pos) / 43'
  metrics_log_table:
    doc: The records in the first block.
    seq:
      - id: header
        type: metrics_log
      - id: sample_list
        type: metrics_log_sample
        repeat: expr
        repeat-expr: 'header.sample_count < (_io.size - _io.pos) / 19 ? header.sample_count : (_io.size - _io.pos) / 19'
  metrics_log_of_revision_2_1_table:
    doc: The records in the first block.
    seq:
      - id: header
        type: metrics_log_of_revision_2_1
      - id: measure_list
        type: metrics_log_of_revision_2_1_measure
        repeat: expr
        repeat-expr: 'header.entry_count < (_io.size - _io.pos) / 18 ? header.entry_count : (_io.size - _io.pos) / 18'
  operation_journal_table:
    doc: The records in the first block.
    seq:
      - id: header
        type: operation_journal
      - id: operation_list
        type: operation_journal_operation
        repeat: expr
        repeat-expr: 'header.total < (_io.size - _io.pos) / 128 ? header.total : (_io.size - _io.pos) / 128'
  raid_metadata_table:
    doc: The records in the first block.
    seq:
      - id: header
        type: raid_metadata
      - id: shard_list
        type: raid_metadata_shard
        repeat: expr
        repeat-expr: 64
  cross_references_table:
    doc: The records in the first block.
    seq:
      - id: header
        type: cross_references
      - id: reference_list
        type: cross_references_reference
        repeat: expr
        repeat-expr: 'header.reference_count < (_io.size - _io.pos) / 74 ? header.reference_count : (_io.size - _io.pos) / 74'
  replication_state_table:
    doc: The records in the first block.
    seq:
      - id: header
        type: replication_state
      - id: vector_list
        type: replication_state_vector
        repeat: expr
        repeat-expr: 32
      - id: watermark_list
        type: replication_state_watermark
        repeat: expr
        repeat-expr: 32
  role_table_table:
    doc: The records in the first block.
    seq:
      - id: header
        type: role_table
      - id: role_assignment_list
        type: role_table_role_assignment
        repeat: expr
        repeat-expr: 'header.assignment_count < (_io.size - _io.pos) / 36 ? header.assignment_count : (_io.size - _io.pos) / 36'
  streaming_append_table:
    doc: The records in the first block.
    seq:
      - id: header
        type: streaming_append
  wal_subscribers_table:
    doc: The records in the first block.
    seq:
      - id: header
        type: wal_subscribers
      - id: cursor_list
        type: wal_subscribers_cursor
        repeat: expr
        repeat-expr: 'header.cursor_count < (_io.size - _io.pos) / 32 ? header.cursor_count : (_io.size - _io.pos) / 32'
  write_once_log_table:
    doc: The records in the first block.
    seq:
      - id: header
        type: write_once_log
      - id: write_record_list
        type: write_once_log_write_record
        repeat: expr
        repeat-expr: 'header.record_count < (_io.size - _io.pos) / 52 ? header.record_count : (_io.size - _io.pos) / 52'
  zone_map_table:
    doc: The records in the first block.
    seq:
      - id: zone_list
        type: zone_map_zone
        repeat: expr
        repeat-expr: (_io.size - _io.pos) / 16
enums:
  block_type:
    0x53555042:
      id: supb
      doc: superblock
    0x524d4150:
      id: rmap
      doc: region map
    0x504f4c56:
      id: polv
      doc: policy vault
    0x454e4352:
      id: encr
      doc: encryption header
    0x424d4150:
      id: bmap
      doc: allocation bitmap
    0x494e4f44:
      id: inod
      doc: inode table
    0x54414749:
      id: tagi
      doc: tag index
    0x4d57414c:
      id: mwal
      doc: metadata write-ahead log
    0x4d54524b:
      id: mtrk
      doc: integrity tree
    0x42545245:
      id: btre
      doc: query index
    0x534e4150:
      id: snap
      doc: snapshot table
    0x5245504c:
      id: repl
      doc: replication state
    0x52414944:
      id: raid
      doc: RAID metadata
    0x434f4d50:
      id: comp
      doc: compression
    0x494e5445:
      id: inte
      doc: intelligence cache
    0x53545245:
      id: stre
      doc: streaming append
    0x58524546:
      id: xref
      doc: fabric cross references
    0x574f524d:
      id: worm
      doc: write-once data
    0x434f4445:
      id: code
      doc: compute code cache
    0x4457414c:
      id: dwal
      doc: data write-ahead log
    0x44415441:
      id: data
      doc: data
    0x46524545:
      id: free
      doc: free block
    0x434d5654:
      id: cmvt
      doc: compliance vault
    0x414c4f47:
      id: alog
      doc: audit log
    0x434d414c:
      id: cmal
      doc: compliance audit log
    0x434c4f47:
      id: clog
      doc: consensus log
    0x44494354:
      id: dict
      doc: compression dictionary
    0x414e4f4e:
      id: anon
      doc: anonymisation table
    0x4d4c4f47:
      id: mlog
      doc: metrics log
    0x45524356:
      id: ercv
      doc: emergency recovery block
    0x52435652:
      id: rcvr
      doc: recovery block
    0x4558544e:
      id: extn
      doc: extent tree node
    0x45584d44:
      id: exmd
      doc: extended metadata
    0x49414e54:
      id: iant
      doc: integrity anchor
    0x434f4c52:
      id: colr
      doc: columnar table
    0x5a4d4150:
      id: zmap
      doc: column zone maps
    0x57414c53:
      id: wals
      doc: WAL subscriber cursors
    0x5a4e534d:
      id: znsm
      doc: zone map for zoned storage
    0x4f504a52:
      id: opjr
      doc: operation journal
    0x54524c52:
      id: trlr
      doc: trailer table or sentinel
    0x4d43484b:
      id: mchk
      doc: inode migration checkpoint
