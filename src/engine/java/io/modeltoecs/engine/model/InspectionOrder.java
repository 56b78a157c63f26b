package io.modeltoecs.engine.model;

import java.io.Serializable;
import java.util.List;

/**
 * What {@link Workplace#inspect} is to read; paths are relative to the current directory.
 *
 * @param artifact file or folder
 * @param metrics JSON file, or null
 * @param allow imports allowed beside the shipped list
 * @param environment file that the training wrote about its interpreter and libraries, or null
 * @param python interpreter to ask where there was no training
 */
public record InspectionOrder(
        String artifact, String metrics, List<String> allow, String environment, String python)
        implements Serializable {}
